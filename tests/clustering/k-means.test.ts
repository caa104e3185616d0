import * as tf from '@tensorflow/tfjs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Embeddings, rowsOf } from '#engine/clustering/embeddings.ts'
import { type KMeansOptions, kMeans } from '#engine/clustering/k-means.ts'
import { createRandom } from '#engine/ml/random.ts'
import { onEachBackend } from './each-backend.ts'
import { blobs, dot, noise, rowOf, sameUpToNames } from './synthetic.ts'

const options = { clusterCount: 4, metric: 'cosine', restarts: 5, iterations: 100, seed: 7 } as const satisfies KMeansOptions

function squaredDistance(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, index) => sum + (value - right[index]) ** 2, 0)
}

/** What k-means promises of its answer, by loops: nearest centroid, centroid = (normalised) mean, inertia. */
function expectFixedPoint(
  embeddings: Embeddings,
  result: Awaited<ReturnType<typeof kMeans>>,
  { metric, clusterCount }: KMeansOptions,
): void {
  const { dimension, count } = embeddings
  const centroids = Array.from({ length: clusterCount }, (_, cluster) =>
    rowOf({ values: result.centroids, count: clusterCount, dimension }, cluster),
  )
  let inertia = 0
  for (let row = 0; row < count; row++) {
    const costs = centroids.map((centroid) =>
      metric === 'cosine' ? 1 - dot(rowOf(embeddings, row), centroid) : squaredDistance(rowOf(embeddings, row), centroid),
    )
    expect(costs[result.clusters[row]]).toBeLessThanOrEqual(Math.min(...costs) + 1e-5)
    inertia += costs[result.clusters[row]]
  }
  expect(result.inertia).toBeCloseTo(inertia, 3)
  centroids.forEach((centroid, cluster) => {
    const members = Array.from(result.clusters.keys()).filter((row) => result.clusters[row] === cluster)
    if (members.length === 0) return
    const mean = centroid.map((_, column) => members.reduce((sum, row) => sum + rowOf(embeddings, row)[column], 0) / members.length)
    const length = metric === 'cosine' ? Math.sqrt(dot(mean, mean)) : 1
    mean.forEach((value, column) => {
      expect(centroid[column]).toBeCloseTo(value / length, 4)
    })
  })
}

onEachBackend(() => {
  describe.each(['cosine', 'euclidean'] as const)('k-means, %s', (metric) => {
    it('finds separate blobs, at a fixed point of its own rule', async () => {
      const { embeddings, classes } = blobs([30, 20, 40, 10], 16, 0.2, 1)
      const result = await kMeans(embeddings, { ...options, metric })
      expect(sameUpToNames(result.clusters, classes)).toBe(true)
      expectFixedPoint(embeddings, result, { ...options, metric })
    })

    it('ends at a fixed point where there is no structure, and more restarts are never worse', async () => {
      const embeddings = noise(120, 8, 3)
      const one = await kMeans(embeddings, { ...options, metric, restarts: 1 })
      const many = await kMeans(embeddings, { ...options, metric, restarts: 8 })
      expectFixedPoint(embeddings, one, { ...options, metric })
      expect(many.inertia).toBeLessThanOrEqual(one.inertia)
    })

    it('starts a large set from a sample of it, and ends at a fixed point of all, the same each time', async () => {
      const { embeddings, classes } = blobs([2000, 1500, 1200, 800], 16, 0.2, 1)
      const before = tf.memory().numTensors
      const one = { ...options, metric, restarts: 2 }
      const result = await kMeans(embeddings, one)
      expect(sameUpToNames(result.clusters, classes)).toBe(true)
      expectFixedPoint(embeddings, result, one)
      expect(await kMeans(embeddings, one)).toEqual(result)
      expect(tf.memory().numTensors).toBe(before)
    })

    it('gives the same bytes for the same seed, and leaves no tensor', async () => {
      const embeddings = noise(90, 6, 5)
      const before = tf.memory().numTensors
      const first = await kMeans(embeddings, { ...options, metric })
      expect(await kMeans(embeddings, { ...options, metric })).toEqual(first)
      expect(tf.memory().numTensors).toBe(before)
    })

    it('fills every cluster up to half the number of images', async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 4, max: 40 }), fc.integer({ min: 0, max: 1000 }), async (count, seed) => {
          const clusterCount = Math.max(2, Math.floor(count / 2))
          const { clusters } = await kMeans(noise(count, 5, seed), { ...options, metric, clusterCount, restarts: 1 })
          return new Set(clusters).size === clusterCount
        }),
        { numRuns: 15 },
      )
    })

    it('puts all images together where they are equal, and leaves the other clusters empty', async () => {
      const embeddings = { values: new Float32Array(12).fill(0.5), count: 6, dimension: 2 }
      const result = await kMeans(embeddings, { ...options, metric, clusterCount: 3 })
      expect(new Set(result.clusters).size).toBe(1)
      expect(result.inertia).toBeCloseTo(0, 6)
    })

    it('fills as many clusters as there are distinct points', async () => {
      const rows = noise(3, 4, 2)
      const result = await kMeans(rowsOf(rows, [0, 1, 2, 0, 1, 2, 0, 0]), { ...options, metric, clusterCount: 4 })
      expect(sameUpToNames(result.clusters, Int32Array.of(0, 1, 2, 0, 1, 2, 0, 0))).toBe(true)
    })

    it('does not care about the order of separate images', async () => {
      const { embeddings } = blobs([12, 15, 9, 14], 10, 0.2, 4)
      const order = createRandom(3).shuffled(embeddings.count)
      const plain = await kMeans(embeddings, { ...options, metric })
      const shuffled = await kMeans(rowsOf(embeddings, order), { ...options, metric })
      expect(
        sameUpToNames(
          Int32Array.from(order, (row) => plain.clusters[row]),
          shuffled.clusters,
        ),
      ).toBe(true)
    })
  })

  describe('k-means', () => {
    it('does not care where the origin is, in the euclidean form', async () => {
      const embeddings = noise(60, 4, 6)
      const moved = { ...embeddings, values: embeddings.values.map((value) => value + 100) }
      const here = await kMeans(embeddings, { ...options, metric: 'euclidean' })
      const there = await kMeans(moved, { ...options, metric: 'euclidean' })
      expect(there.inertia).toBeCloseTo(here.inertia, 2)
    })

    it('divides two images', async () => {
      expect(new Set((await kMeans(noise(2, 3, 1), { ...options, clusterCount: 2 })).clusters)).toEqual(new Set([0, 1]))
    })

    it('refuses values that are not numbers, and more clusters than images', async () => {
      const values = noise(4, 2, 1).values
      values[5] = Number.NaN
      await expect(kMeans({ values, count: 4, dimension: 2 }, options)).rejects.toMatchObject({ code: 'BAD_INPUT' })
      await expect(kMeans(noise(3, 2, 1), options)).rejects.toMatchObject({ code: 'BAD_CLUSTER_COUNT' })
    })

    it('stops when asked, and leaves no tensor', async () => {
      const before = tf.memory().numTensors
      const signal = { aborted: true }
      await expect(kMeans(noise(20, 2, 1), options, { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(tf.memory().numTensors).toBe(before)
    })
  })
})
