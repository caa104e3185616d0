import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { readSafetensors } from '#engine/ml/safetensors.ts'
import { decodeCheckpoint } from '#engine/training/checkpoint.ts'
import { predict } from '#engine/training/predict.ts'
import { noteChoice, readChoices } from '#engine/training/run-choices.ts'
import { runFiles, StageStopped } from '#engine/training/run-context.ts'
import { modelFiles } from '#engine/worker/model-files.ts'
import type { StageName } from '#shared/jobs.ts'
import { quick } from '#shared/recipes/quick.ts'
import type { RecipeOverrides } from '#shared/recipes/recipe.ts'
import type { RunChoice } from '#shared/run-choices.ts'
import type { StageResult } from '#shared/worker-protocol.ts'
import { availableBackends, useBackend } from '../backends.ts'
import { imagesOfKinds } from './images-of-kinds.ts'
import { type MemoryFiles, type MemoryRun, memoryHost, runInMemory, smallRecipe } from './run-in-memory.ts'

const [backend] = await availableBackends()
const side = 16
const count = 60
const order: StageName[] = ['pretrain', 'embed', 'self', 'reliable', 'semi']
const { pixels, truth } = imagesOfKinds(3, count / 3, side, 8)

function runOf(changes: RecipeOverrides = {}): MemoryRun {
  const recipe = smallRecipe(quick, count, 3, side, {
    embed: { inputSidePx: 32, packagedEncoders: 'objects', ...changes.embed },
    pretrain: changes.pretrain ?? {},
    self: { epochs: 2, repeats: 4, ...changes.self },
    semi: { steps: 30, ...changes.semi },
  })
  return { pixels, side, clusterCount: 3, seed: 3, recipe }
}

async function runAll(
  run: MemoryRun,
  files: MemoryFiles = new Map(),
): Promise<{ results: Record<StageName, StageResult>; files: MemoryFiles }> {
  const results: Partial<Record<StageName, StageResult>> = {}
  for (const stage of order) results[stage] = await runInMemory(stage, run, memoryHost({ files }))
  return { results: results as Record<StageName, StageResult>, files }
}

const clustersOf = (result: StageResult): Int32Array => ('clustering' in result ? result.clustering.clusters : new Int32Array())

/** Share of the images that are in the largest kind of their cluster. */
function purity(clusters: Int32Array): number {
  const largest = [0, 1, 2].map((cluster) =>
    Math.max(...[0, 1, 2].map((kind) => clusters.filter((each, image) => each === cluster && truth[image] === kind).length)),
  )
  return largest.reduce((sum, size) => sum + size, 0) / count
}

/** What a run says it chose is what its results show. */
function expectChoices(files: MemoryFiles, results: Record<StageName, StageResult>, start: 'graph' | 'k-means'): void {
  const choices = readChoices({ read: (name) => files.get(name) })
  const of = <Kind extends RunChoice['kind']>(kind: Kind) =>
    choices.find((choice) => choice.kind === kind) as Extract<RunChoice, { kind: Kind }> | undefined
  expect(new Set(choices.map(({ kind }) => kind)).size).toBe(choices.length)
  expect(of('features')).toEqual({ kind: 'features', source: 'packaged', dimension: 320, compared: null })
  if (results.self.stage !== 'self' || results.reliable.stage !== 'reliable') throw new Error('not these stages')
  const { heads, bestHead } = results.self
  const [best, next] = heads.map(({ loss }) => loss).sort((a, b) => a - b)
  expect(of('head')).toEqual({
    kind: 'head',
    head: bestHead,
    headCount: 2,
    loss: best,
    nextLoss: next,
    agreement: heads[bestHead]!.agreement,
  })
  const reliableCount = results.reliable.reliable.reduce((sum, each) => sum + each, 0)
  expect(of('reliable')).toMatchObject({ reliableCount, imageCount: count, empty: [], thinBelow: 10 })
  expect(of('reliable')!.thin).toEqual(
    [...results.reliable.reliableCounts.keys()].filter((cluster) => reliableCountOf(results, cluster) < 10).map((cluster) => cluster + 1),
  )
  if (start === 'k-means') {
    expect([of('clusters'), of('classifier')]).toEqual([undefined, { kind: 'classifier', isKept: true, compared: null }])
    return
  }
  const { kept, graph, head } = of('clusters')!
  expect(kept).toBe(head < graph ? 'graph' : 'head')
  const { isKept, compared } = of('classifier')!
  expect(isKept).toBe(compared!.classifier >= 0.98 * compared!.before)
  expect(compared!.before).toBeCloseTo(Math.max(graph, head), 6)
}

function reliableCountOf({ reliable }: Record<StageName, StageResult>, cluster: number): number {
  return reliable.stage === 'reliable' ? reliable.reliableCounts[cluster]! : 0
}

describe('the quick recipe', () => {
  beforeAll(() => useBackend(backend!))

  it.each(['graph', 'k-means'] as const)('learns no features, and finds three easy kinds, from a start by %s', async (start) => {
    const run = runOf({ self: { start } })
    const atStart = tf.memory().numTensors
    const { results, files } = await runAll(run)
    expect(tf.memory().numTensors).toBe(atStart)
    expect(results.pretrain).toEqual({ stage: 'pretrain', weightsFile: null, finalLoss: null })
    expect(results.embed).toMatchObject({ dimension: 320 })
    const embedding = new Float32Array(files.get(runFiles.embedding)!.slice().buffer)
    for (let image = 0; image < count; image++) expect(Math.hypot(...embedding.subarray(image * 320, (image + 1) * 320))).toBeCloseTo(1, 5)
    expect(new Set(clustersOf(results.semi)).size).toBe(3)
    expect(purity(clustersOf(results.semi))).toBeGreaterThan(0.9)

    expectChoices(files, results, start)

    const task = { projectPath: '', runId: 'run', recipe: run.recipe, backend: 'auto', clusterCount: 3, pixels, size: side } as const
    const predicted = await predict(task, memoryHost({ files }))
    const found = clustersOf(results.semi)
    const equal = predicted.clusters.filter((cluster, image) => cluster === found[image]).length
    // The classifier's word is the result, unless it divides the graph of neighbours less clearly than what taught it.
    const choices = readChoices({ read: (name) => files.get(name) })
    const isKept = choices.some(
      (choice) => (choice.kind === 'classifier' && choice.isKept) || (choice.kind === 'clusters' && choice.kept === 'head'),
    )
    expect(predicted.isKept).toBe(isKept)
    expect(equal).toBeGreaterThanOrEqual(isKept ? count : 0.9 * count)
    expect(tf.memory().numTensors).toBe(atStart)
  })

  it.each(['head', 'graph'] as const)('says whether new images are told what the present ones are: the %s was kept', async (kept) => {
    const learned = runOf({ self: { start: 'graph' } })
    const run = { ...learned, recipe: { ...learned.recipe, semi: { ...learned.recipe.semi, learningRate: 20 } } }
    const files: MemoryFiles = new Map()
    const host = memoryHost({ files })
    for (const stage of order.slice(0, 4)) await runInMemory(stage, run, host)
    noteChoice(host.files, { kind: 'clusters', kept, graph: 0.5, head: 0.5 })
    await runInMemory('semi', run, host)
    expect(readChoices(host.files).find(({ kind }) => kind === 'classifier')).toMatchObject({ isKept: false })

    const task = { projectPath: '', runId: 'run', recipe: run.recipe, backend: 'auto', clusterCount: 3, pixels, size: side } as const
    const predicted = await predict(task, host)
    const [head, stored] = [runFiles.self, runFiles.semi].map((name) => decodeCheckpoint(files.get(name)!).tensors)
    const names = Object.keys(head!).filter((name) => name.startsWith('head.'))
    const isHead = names.every((name) => stored![name]!.dataSync().every((value, place) => value === head![name]!.dataSync()[place]))
    expect({ names: names.length, isHead, isKept: predicted.isKept }).toEqual({
      names: 4,
      isHead: kept === 'head',
      isKept: kept === 'head',
    })
    tf.dispose([head, stored] as Record<string, tf.Tensor>[])
  })

  it('gives the same bytes when every stage is stopped twice, and embeds no view twice', async () => {
    const whole = await runAll(runOf())
    const files: MemoryFiles = new Map()
    const embedded: string[] = []
    for (const stage of order) {
      for (let attempt = 0; ; attempt++) {
        const host = memoryHost({ files, stop: (_, poll) => poll === [3, 2][attempt] })
        const before = new Set(files.keys())
        try {
          await runInMemory(stage, runOf(), host)
          break
        } catch (error) {
          if (!(error instanceof StageStopped)) throw error
          expect(attempt).toBeLessThan(2)
        } finally {
          if (stage === 'embed') embedded.push(...[...files.keys()].filter((name) => /^features-.*f32$/.test(name) && !before.has(name)))
        }
      }
    }
    expect(embedded).toEqual(['features-objects-plain.f32', 'features-objects-mirrored.f32'])
    for (const name of [runFiles.embedding, runFiles.semi, runFiles.neighbours, runFiles.reasons])
      expect(Buffer.from(files.get(name)!).equals(whole.files.get(name)!)).toBe(true)
  })

  it('puts packaged and learned features side by side, each with the same weight', async () => {
    const { results, files } = await runAll(runOf({ pretrain: { source: 'both' }, embed: { mirror: false } }))
    const learned = smallRecipe(quick, count, 3, side).pretrain.widthFactor * 512
    expect(results.embed).toMatchObject({ dimension: 320 + learned })
    const embedding = new Float32Array(files.get(runFiles.embedding)!.slice().buffer)
    const row = embedding.subarray(0, 320 + learned)
    expect(Math.hypot(...row.subarray(0, 320))).toBeCloseTo(Math.SQRT1_2, 5)
    expect(Math.hypot(...row.subarray(320))).toBeCloseTo(Math.SQRT1_2, 5)
    expect([...files.keys()].filter((name) => name.startsWith('features-'))).toEqual([
      'features-objects-plain.f32',
      'features-learned-plain.f32',
    ])
  })

  it('learns on from packaged weights when it is told to, and refuses networks for which there are none', async () => {
    const network = { source: 'moco', start: 'packaged', backbone: 'mobilenet-v2', widthFactor: 1 } as const
    const changes = { ...network, epochs: 1, sidePx: 12, learningRate: 0 } as const
    const host = memoryHost()
    const result = await runInMemory('pretrain', runOf({ pretrain: changes }), host)
    expect(result).toMatchObject({ stage: 'pretrain', weightsFile: runFiles.pretrained })
    expect(host.losses.length).toBeGreaterThan(0)
    const { tensors } = decodeCheckpoint(host.files.read(runFiles.pretrained)!)
    const packaged = readSafetensors(modelFiles.packaged('mobilenet-v2-1.0'))
    const differing = Object.entries(tensors).filter(([name, tensor]) => {
      const { values } = packaged.get(name)!
      return tensor.dataSync().some((value, place) => value !== values[place])
    })
    expect(differing.map(([name]) => name)).toEqual([])
    expect(Object.keys(tensors)).toContain('block17.project.filter')
    tf.dispose(tensors as Record<string, tf.Tensor>)
    await expect(runInMemory('pretrain', runOf({ pretrain: { ...changes, widthFactor: 0.5 } }), memoryHost())).rejects.toMatchObject({
      code: 'BAD_INPUT',
    })
  })
})
