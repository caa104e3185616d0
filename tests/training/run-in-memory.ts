import * as tf from '@tensorflow/tfjs'
import { imagesInMemory } from '#engine/training/image-source.ts'
import { memoryFiles } from '#engine/training/memory-files.ts'
import type { RunHost } from '#engine/training/run-context.ts'
import { runStage } from '#engine/training/run-stage.ts'
import { modelFiles } from '#engine/worker/model-files.ts'
import type { StageName } from '#shared/jobs.ts'
import { type Recipe, type RecipeOverrides, type ResolvedRecipe, resolveRecipe } from '#shared/recipes/recipe.ts'
import type { StageResult, StageTask } from '#shared/worker-protocol.ts'

export type MemoryFiles = Map<string, Uint8Array>

export type MemoryHost = RunHost &
  Readonly<{
    /** Loss of every step. */
    losses: number[]
    /** Every row of metrics. */
    rows: { step: number; values: Readonly<Record<string, number>> }[]
    logs: string[]
    /** Tensors that lived when a step was done. */
    tensorCounts: number[]
  }>

export type MemoryHostOptions = Readonly<{
  files?: MemoryFiles
  /** Asked at each poll with the number of the last finished step and of the poll. */
  stop?: (step: number, poll: number) => boolean
  /** Milliseconds by which the clock moves at each look. */
  tickMs?: number
}>

/** A host whose files are a map and whose clock moves a little at each look. */
export function memoryHost({ files = new Map(), stop = () => false, tickMs = 1 }: MemoryHostOptions = {}): MemoryHost {
  let [time, step, poll] = [0, 0, 0]
  const host: MemoryHost = {
    losses: [],
    rows: [],
    logs: [],
    tensorCounts: [],
    files: memoryFiles(files),
    models: modelFiles,
    now: () => {
      time += tickMs
      return time
    },
    mayHaveBfloat16: () => false,
    shouldStop: () => stop(step, poll++),
    progress(progress) {
      if (progress.note === '') step = progress.step
    },
    metrics(metricStep, values) {
      host.rows.push({ step: metricStep, values })
      if (values.loss === undefined) return
      host.losses.push(values.loss)
      host.tensorCounts.push(tf.memory().numTensors)
    },
    log: ({ text }) => void host.logs.push(text),
  }
  return host
}

export type MemoryRun = Readonly<{
  pixels: Uint8Array
  side: number
  recipe: ResolvedRecipe
  clusterCount: number
  seed: number
  humanLabels?: Int32Array
  knownClasses?: Int32Array
  humanClusters?: Int32Array
  previousClusters?: Int32Array
}>

/** Runs one stage on images in memory; the files of the stages before it are in the host's. */
export function runInMemory(stage: StageName, run: MemoryRun, host: RunHost): Promise<StageResult> {
  const source = imagesInMemory(run.pixels, run.side)
  const none = (): Int32Array => new Int32Array(source.count).fill(-1)
  const task: StageTask = {
    stage,
    projectPath: '',
    runId: 'run',
    seed: run.seed,
    backend: 'auto',
    recipe: run.recipe,
    clusterCount: run.clusterCount,
    pixels: { path: '', size: run.side, count: source.count },
    rows: Int32Array.from({ length: source.count }, (_, image) => image),
    humanLabels: run.humanLabels ?? none(),
    knownClasses: run.knownClasses ?? run.humanLabels ?? none(),
    humanClusters: run.humanClusters ?? none(),
    previousClusters: run.previousClusters ?? run.humanClusters ?? none(),
  }
  return runStage({ task, source, host })
}

/** A recipe at a size that runs in seconds: a small network, few epochs. */
export function smallRecipe(
  recipe: Recipe,
  imageCount: number,
  clusterCount: number,
  side: number,
  changes: RecipeOverrides = {},
): ResolvedRecipe {
  const small: RecipeOverrides = {
    pretrain: {
      ...(recipe.name === 'standard' ? { source: 'moco' } : {}),
      mirror: 'always',
      backbone: 'resnet18-cifar',
      widthFactor: 0.0625,
      epochs: 2,
      batchSize: 16,
      queueSize: 16,
      projectionSize: 16,
    },
    self: {
      headCount: 2,
      epochs: 2,
      batchSize: 16,
      repeats: 2,
      pseudoBatchSize: Math.max(2, imageCount),
      scoreBatchSize: 16,
      kMeansRestarts: 3,
    },
    semi: { backbone: 'resnet18-cifar', widthFactor: 0.0625, steps: 10, batchSize: 8, unlabeledRatio: 2 },
  }
  const merged = Object.fromEntries(
    (['pretrain', 'embed', 'self', 'reliable', 'semi'] as const).map((stage) => [stage, { ...small[stage], ...changes[stage] }]),
  )
  return resolveRecipe(recipe, { imageCount, clusterCount, imageSize: side }, merged)
}
