import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { likeliest } from '#engine/clustering/likeliest.ts'
import { decodeCheckpoint } from '#engine/training/checkpoint.ts'
import { predict } from '#engine/training/predict.ts'
import { readChoices } from '#engine/training/run-choices.ts'
import { runFiles, StageStopped } from '#engine/training/run-context.ts'
import type { StageName } from '#shared/jobs.ts'
import type { RecipeOverrides } from '#shared/recipes/recipe.ts'
import { standard } from '#shared/recipes/standard.ts'
import type { StageResult } from '#shared/worker-protocol.ts'
import { availableBackends, useBackend } from '../backends.ts'
import { imagesOfKinds } from './images-of-kinds.ts'
import { type MemoryFiles, type MemoryRun, memoryHost, runInMemory, smallRecipe } from './run-in-memory.ts'

const [backend] = await availableBackends()
const side = 16
const count = 60
const order: StageName[] = ['pretrain', 'embed', 'self', 'reliable', 'semi']
const { pixels, truth } = imagesOfKinds(3, count / 3, side, 8)

/** Both kinds of features, small. */
function runOf(changes: RecipeOverrides = {}): MemoryRun {
  const recipe = smallRecipe(standard, count, 3, side, {
    pretrain: { source: 'both', epochs: 6, ...changes.pretrain },
    embed: { inputSidePx: 32, packagedEncoders: 'objects', mirror: false, ...changes.embed },
    ...(changes.self ? { self: changes.self } : {}),
    semi: { steps: 40, ...changes.semi },
  })
  return { pixels, side, clusterCount: 3, seed: 3, recipe }
}

async function runAll(
  run: MemoryRun,
  files: MemoryFiles = new Map(),
): Promise<{ results: StageResult[]; files: MemoryFiles; logs: string[] }> {
  const results: StageResult[] = []
  const logs: string[] = []
  for (const stage of order) {
    const host = memoryHost({ files })
    results.push(await runInMemory(stage, run, host))
    logs.push(...host.logs)
  }
  return { results, files, logs }
}

/** What a run that chose differently would have left. */
function choose(source: 'packaged' | 'both', files: MemoryFiles): void {
  files.set(runFiles.featureChoice, new TextEncoder().encode(JSON.stringify({ source, packaged: 0, learned: 0, both: 0 })))
}

const clustersOf = (result: StageResult): Int32Array => ('clustering' in result ? result.clustering.clusters : new Int32Array())

describe('the standard recipe with both kinds of features', () => {
  beforeAll(() => useBackend(backend!))

  it('says by its figures which features it keeps, and embeds with those alone', async () => {
    const { results, files, logs } = await runAll(runOf())
    const choice = JSON.parse(new TextDecoder().decode(files.get(runFiles.featureChoice)))
    expect(choice.source).toBe(choice.both > Math.max(choice.packaged, choice.learned) ? 'both' : 'packaged')
    for (const figure of [choice.both, choice.packaged, choice.learned]) {
      expect(figure).toBeGreaterThan(0)
      expect(logs.some((line) => line.includes(figure.toFixed(3)))).toBe(true)
    }
    expect(results[1]).toMatchObject({ stage: 'embed', dimension: choice.source === 'both' ? 320 + 32 : 320 })
    const { source, ...compared } = choice
    const told = readChoices({ read: (name) => files.get(name) }).find(({ kind }) => kind === 'features')
    expect(told).toEqual({ kind: 'features', source, dimension: source === 'both' ? 320 + 32 : 320, compared })
    const final = clustersOf(results[4]!)
    expect(new Set(final).size).toBe(3)
    for (const kind of [0, 1, 2]) {
      const sizes = [0, 1, 2].map((cluster) => final.filter((each, image) => each === cluster && truth[image] === kind).length)
      expect(Math.max(...sizes)).toBeGreaterThan(0.85 * (count / 3))
    }
  })

  it('where they are used together, the last stage learns the images with the network of the first, and others are told the same', async () => {
    const atStart = tf.memory().numTensors
    const files: MemoryFiles = new Map()
    choose('both', files)
    // Not from the graph, whose clusters would stay where the classifier divides it worse.
    const run = runOf({ self: { start: 'k-means' } })
    await runAll(run, files)
    const { tensors } = decodeCheckpoint(files.get(runFiles.semi)!)
    expect(Object.keys(tensors).some((name) => name.includes('.filter'))).toBe(true)
    const stored = likeliest(tensors.probabilities!.dataSync() as Float32Array, 3)
    tf.dispose(tensors as Record<string, tf.Tensor>)
    const task = { projectPath: '', runId: 'run', recipe: run.recipe, backend: 'auto', clusterCount: 3, pixels, size: side } as const
    const predicted = await predict(task, memoryHost({ files }))
    expect(predicted.clusters).toEqual(stored.clusters)
    expect(tf.memory().numTensors).toBe(atStart)
  })

  it('where only the packaged ones are kept, the last stage learns from them', async () => {
    const files: MemoryFiles = new Map()
    choose('packaged', files)
    const run = runOf()
    const { results } = await runAll(run, files)
    expect(results[1]).toMatchObject({ dimension: 320 })
    const { tensors } = decodeCheckpoint(files.get(runFiles.semi)!)
    expect(Object.keys(tensors).some((name) => name.includes('.filter'))).toBe(false)
    tf.dispose(tensors as Record<string, tf.Tensor>)
    const task = { projectPath: '', runId: 'run', recipe: run.recipe, backend: 'auto', clusterCount: 3, pixels, size: side } as const
    const predicted = await predict(task, memoryHost({ files }))
    const stored = clustersOf(results[4]!)
    expect(predicted.clusters.filter((cluster, image) => cluster === stored[image]).length).toBeGreaterThanOrEqual(0.9 * count)
  })

  it('gives the same bytes when every stage is stopped on its way', async () => {
    const whole = await runAll(runOf())
    const files: MemoryFiles = new Map()
    for (const stage of order)
      for (let attempt = 0; ; attempt++) {
        try {
          await runInMemory(stage, runOf(), memoryHost({ files, stop: (_, poll) => poll === [5, 9, 30][attempt] }))
          break
        } catch (error) {
          if (!(error instanceof StageStopped)) throw error
          expect(attempt).toBeLessThan(3)
        }
      }
    for (const name of [runFiles.featureChoice, runFiles.embedding, runFiles.self, runFiles.semi])
      expect(Buffer.from(files.get(name)!).equals(whole.files.get(name)!)).toBe(true)
  })
})
