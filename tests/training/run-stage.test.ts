import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { toUnitRows } from '#engine/clustering/embeddings.ts'
import { tensorsOf } from '#engine/graph/feeds.ts'
import { doubleSoftmaxFloor } from '#engine/ml/losses/double-softmax.ts'
import { createRandom } from '#engine/ml/random.ts'
import { runFiles } from '#engine/training/run-context.ts'
import { createSelfStage } from '#engine/training/self-heads.ts'
import type { StageName } from '#shared/jobs.ts'
import { faithful } from '#shared/recipes/faithful.ts'
import { standard } from '#shared/recipes/standard.ts'
import type { StageResult } from '#shared/worker-protocol.ts'
import { availableBackends, useBackend } from '../backends.ts'
import { imagesOfKinds } from './images-of-kinds.ts'
import { type MemoryFiles, type MemoryHost, type MemoryRun, memoryHost, runInMemory, smallRecipe } from './run-in-memory.ts'

const [backend] = await availableBackends()
const side = 16
const order: StageName[] = ['pretrain', 'embed', 'self', 'reliable', 'semi']

type Results = { [S in StageName]: StageResult & { stage: S } }

async function runAll(run: MemoryRun, files: MemoryFiles = new Map()): Promise<{ results: Results; hosts: Record<StageName, MemoryHost> }> {
  const results: Record<string, StageResult> = {}
  const hosts: Record<string, MemoryHost> = {}
  for (const stage of order) {
    hosts[stage] = memoryHost({ files })
    results[stage] = await runInMemory(stage, run, hosts[stage])
  }
  return { results: results as Results, hosts: hosts as Record<StageName, MemoryHost> }
}

/** Share of the images that the best matching of three clusters to three kinds gets right. */
function accuracyOf3(clusters: Int32Array, truth: Int32Array): number {
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]
  return (
    Math.max(...orders.map((kinds) => clusters.reduce((right, cluster, image) => right + (kinds[cluster] === truth[image] ? 1 : 0), 0))) /
    truth.length
  )
}

describe('the standard recipe on three easy kinds of images', () => {
  const { pixels, truth } = imagesOfKinds(3, 60, side, 8)
  const changes = { pretrain: { epochs: 8 }, self: { epochs: 3, repeats: 4 }, semi: { steps: 30 } }
  const run: MemoryRun = { pixels, side, clusterCount: 3, seed: 3, recipe: smallRecipe(standard, 180, 3, side, changes) }
  const files: MemoryFiles = new Map()
  let results: Results
  beforeAll(async () => {
    await useBackend(backend!)
    results = (await runAll(run, files)).results
  })

  it('finds the kinds, with no empty cluster and reliable images in each', () => {
    expect(new Set(results.self.clustering.clusters).size).toBe(3)
    expect(new Set(results.semi.clustering.clusters).size).toBe(3)
    expect(results.self.advice).toEqual([])
    expect(Math.min(...results.reliable.reliableCounts)).toBeGreaterThan(0)
    const counted = [0, 0, 0]
    results.reliable.reliable.forEach((isReliable, image) => {
      counted[results.self.clustering.clusters[image]!]! += isReliable
    })
    expect(counted).toEqual([...results.reliable.reliableCounts])
    expect(accuracyOf3(results.semi.clustering.clusters, truth)).toBeGreaterThan(0.8)
  })

  it('gives unit embeddings, confidences and shares in 0-1, and the best of its heads', () => {
    const embedding = new Float32Array(files.get(runFiles.embedding)!.slice().buffer)
    const { dimension } = results.embed
    expect(embedding.length).toBe(180 * dimension)
    for (let image = 0; image < 180; image++)
      expect(Math.hypot(...embedding.subarray(image * dimension, (image + 1) * dimension))).toBeCloseTo(1, 5)
    for (const values of [results.self.clustering.confidences, results.semi.clustering.confidences, results.reliable.localConsistencies])
      expect(values.every((value) => value >= 0 && value <= 1.000001)).toBe(true)
    expect(results.self.heads.map(({ head }) => head)).toEqual([0, 1])
    expect([0, 1]).toContain(results.self.bestHead)
    expect(Number.isFinite(results.pretrain.finalLoss)).toBe(true)
  })

  it('a stage that is done gives its stored result without learning again', async () => {
    for (const stage of order) {
      const host = memoryHost({ files })
      const { finalLoss: _, ...again } = (await runInMemory(stage, run, host)) as StageResult & { finalLoss?: number }
      const { finalLoss: __, ...before } = results[stage] as StageResult & { finalLoss?: number }
      expect(again).toEqual(before)
      expect(host.losses).toEqual([])
    }
  })
})

describe('the faithful recipe', () => {
  beforeAll(() => useBackend(backend!))

  it('has a loss from log K down, never below its floor, and exactly M/K pseudo-labels for each cluster and head', async () => {
    const random = createRandom(6)
    const [count, dimension, clusterCount] = [50, 8, 3]
    const values = Float32Array.from(
      { length: count * dimension },
      (_, place) => (Math.floor(place / dimension) % 3 === place % dimension ? 2 : 0) + 0.3 * Math.abs(random.normal()),
    )
    const features = { values, count, dimension }
    const rows = (images: Int32Array): Float32Array =>
      Float32Array.from([...images].flatMap((image) => [...values.subarray(image * dimension, (image + 1) * dimension)]))
    const settings = {
      ...smallRecipe(faithful, count, clusterCount, side, { self: { headCount: 4, epochs: 20, pseudoBatchSize: 40 } }).self,
    }
    const host = memoryHost()
    const stage = createSelfStage({
      embeddings: toUnitRows(features),
      views: {
        weak: async (images) => ({ values: rows(images), count: images.length, dimension }),
        strong: (images, headCount) => tf.tensor3d(rows(images), [headCount, images.length / headCount, dimension]),
        plain: async () => features,
      },
      settings,
      clusterCount,
      seed: 4,
      host,
    })
    const losses: number[] = []
    for (let step = 0; step < stage.totalSteps; step++) {
      const feeds = await stage.feeds(step)
      if (step % 4 === 0)
        tf.tidy(() => {
          const { tensors } = stage.state()
          for (let head = 0; head < 4; head++) {
            const counts = [0, 0, 0]
            for (const label of tensors[`pairs.${head}.labels`]!.dataSync()) counts[label]!++
            expect(counts).toEqual([13, 13, 13])
          }
        })
      const { loss } = stage.takeStep(feeds)
      losses.push(loss.dataSync()[0]!)
      await stage.afterStep!(step, {})
      tf.dispose([loss, ...tensorsOf(feeds)])
    }
    expect(losses[0]).toBeCloseTo(Math.log(3), 1)
    expect(Math.min(...losses)).toBeGreaterThanOrEqual(doubleSoftmaxFloor(3) - 1e-6)
    expect(Math.max(...losses)).toBeLessThan(Math.log(Math.E - 1 + 3))
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.1)
    const { head } = stage.best()
    const best = Math.min(...host.rows.map(({ values: row }) => row.headLoss!))
    expect(head.loss).toBe(best)
    stage.dispose()
  })

  it('runs to its end, or says that no image is reliable', async () => {
    const { pixels } = imagesOfKinds(3, 12, side, 8)
    const recipe = smallRecipe(faithful, 36, 3, side)
    const files: MemoryFiles = new Map()
    const run: MemoryRun = { pixels, side, clusterCount: 3, seed: 3, recipe }
    const reliableResult = await (async () => {
      for (const stage of ['pretrain', 'embed', 'self'] as const) await runInMemory(stage, run, memoryHost({ files }))
      return (await runInMemory('reliable', run, memoryHost({ files }))) as Results['reliable']
    })()
    // 0.99 of the neighbours of 36 images asked about all 36: no cluster but one that holds everything can agree.
    expect(reliableResult.reliableCounts.reduce((sum, value) => sum + value, 0)).toBe(0)
    await expect(runInMemory('semi', run, memoryHost({ files }))).rejects.toMatchObject({ code: 'RELIABLE_EMPTY' })
  })
})

describe('degenerate input', () => {
  beforeAll(() => useBackend(backend!))

  const runOf = (pixels: Uint8Array, clusterCount: number): MemoryRun => {
    const count = pixels.length / (side * side * 3)
    return { pixels, side, clusterCount, seed: 1, recipe: smallRecipe(standard, count, clusterCount, side) }
  }

  it('no image and 1 image: TOO_FEW_IMAGES', async () => {
    const { pixels } = imagesOfKinds(1, 1, side, 1)
    for (const given of [new Uint8Array(), pixels])
      await expect(runInMemory('pretrain', { ...runOf(pixels, 2), pixels: given }, memoryHost())).rejects.toMatchObject({
        code: 'TOO_FEW_IMAGES',
      })
  })

  it('all images the same: IMAGES_IDENTICAL', async () => {
    const { pixels } = imagesOfKinds(1, 1, side, 1)
    const same = Uint8Array.from({ length: pixels.length * 20 }, (_, place) => pixels[place % pixels.length]!)
    // WebGPU cannot be read at once.
    const reading = vi.spyOn(tf.Tensor.prototype, 'dataSync').mockImplementation(() => {
      throw new Error('Read at once.')
    })
    const refused = runInMemory('pretrain', runOf(same, 2), memoryHost()).finally(() => reading.mockRestore())
    await expect(refused).rejects.toMatchObject({ code: 'IMAGES_IDENTICAL' })
  })

  it('a stage before its time: NOT_FOUND', async () => {
    const { pixels } = imagesOfKinds(2, 2, side, 1)
    for (const stage of ['embed', 'self', 'reliable', 'semi'] as const)
      await expect(runInMemory(stage, runOf(pixels, 2), memoryHost())).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('more clusters than images: BAD_CLUSTER_COUNT', async () => {
    const { pixels } = imagesOfKinds(2, 2, side, 1)
    await expect(runAll(runOf(pixels, 5))).rejects.toMatchObject({ code: 'BAD_CLUSTER_COUNT' })
  })

  it.each([
    ['2 images, 2 clusters', 2, 1, 2],
    ['8 images, 5 clusters', 2, 4, 5],
    ['6 images, 6 clusters', 2, 3, 6],
    ['40 images of which 39 are the same, 3 clusters', 0, 40, 3],
  ])('%s: a clustering of every image, clusters in range, numbers finite', async (_, kinds, each, clusterCount) => {
    let { pixels } = imagesOfKinds(Math.max(1, kinds), each, side, 1)
    if (kinds === 0) {
      const one = pixels.subarray(0, side * side * 3)
      const other = pixels.slice(one.length, 2 * one.length)
      pixels = Uint8Array.from({ length: pixels.length }, (__, place) => one[place % one.length]!)
      pixels.set(other, 7 * one.length)
    }
    const { results } = await runAll(runOf(pixels, clusterCount))
    const count = pixels.length / (side * side * 3)
    for (const { clustering } of [results.self, results.semi]) {
      expect(clustering.clusters.length).toBe(count)
      expect(clustering.clusters.every((cluster) => cluster >= 0 && cluster < clusterCount)).toBe(true)
      expect(clustering.confidences.every((confidence) => confidence >= 0 && confidence <= 1.000001)).toBe(true)
    }
    expect(results.reliable.reliable.some((value) => value === 1)).toBe(true)
  })
})
