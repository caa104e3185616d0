import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { rowsOf } from '#engine/clustering/embeddings.ts'
import { clusterByGraph, graphNeighbourCount, neighbourShares } from '#engine/clustering/graph-clusters.ts'
import { likeliest } from '#engine/clustering/likeliest.ts'
import { clusteringMetrics, contingencyTable } from '#engine/clustering/metrics.ts'
import { modularity } from '#engine/clustering/modularity.ts'
import { createRandom } from '#engine/ml/random.ts'
import { onEachBackend } from './each-backend.ts'
import { blobs, noise, sameUpToNames } from './synthetic.ts'

const options = { clusterCount: 4, partDimensions: [12], memoryBytes: 1e7, seed: 1 }

describe('number of neighbours', () => {
  it('is 15, less where clusters are small, and never below 5', () => {
    expect([graphNeighbourCount(10_000, 10), graphNeighbourCount(400, 12), graphNeighbourCount(60, 12)]).toEqual([15, 8, 5])
  })
})

onEachBackend(() => {
  describe('clusters of the graph of neighbours', () => {
    it('are the classes of blobs, ten times as many images in one as in another', async () => {
      const { embeddings, classes } = blobs([200, 60, 40, 20], 12, 0.45, 3)
      const tensorCount = tf.memory().numTensors
      const found = await clusterByGraph(embeddings, options)
      expect(tf.memory().numTensors).toBe(tensorCount)
      expect(clusteringMetrics(contingencyTable(classes, found.clusters, 4, 4)).accuracy).toBeGreaterThan(0.98)
      expect(found.modularity).toBeCloseTo(modularity(found.graph, found.clusters, 4), 12)
    })

    it('are the same for the same seed', async () => {
      const embeddings = noise(90, 12, 2)
      const first = await clusterByGraph(embeddings, options)
      expect((await clusterByGraph(embeddings, options)).clusters).toEqual(first.clusters)
      expect(new Set(first.clusters).size).toBe(4)
    })

    it('put images where a person wants them', async () => {
      const { embeddings } = blobs([40, 40, 40, 40], 12, 0.4, 5)
      const wanted = (clusters: Int32Array) => clusters.map((cluster, image) => (image < 6 ? (cluster + 1) % 4 : -1))
      const free = await clusterByGraph(embeddings, options)
      const { clusters } = await clusterByGraph(embeddings, { ...options, targets: wanted })
      expect(sameUpToNames(clusters.slice(6), free.clusters.slice(6))).toBe(true)
      expect(sameUpToNames(clusters, free.clusters)).toBe(false)
    })

    it('give each image the shares of its neighbours, with its own cluster first', async () => {
      const found = await clusterByGraph(noise(60, 12, 4), options)
      const shares = neighbourShares(found, 4)
      expect(likeliest(shares, 4).clusters).toEqual(found.clusters)
      for (let image = 0; image < 60; image++)
        expect(shares.subarray(image * 4, image * 4 + 4).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5)
    })

    it('put an image’s own cluster first also where its neighbours lie in several others', async () => {
      const { graph } = await clusterByGraph(noise(60, 12, 4), options)
      const random = createRandom(7)
      for (let round = 0; round < 50; round++) {
        const clusters = Int32Array.from({ length: 60 }, () => random.integer(4))
        const shares = neighbourShares({ graph, clusters }, 4)
        expect(likeliest(shares, 4).clusters).toEqual(clusters)
        expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true)
      }
    })

    it('take as many images as clusters, duplicates, and one cluster; refuse fewer images, and stop when asked', async () => {
      const { clusters } = await clusterByGraph(noise(4, 12, 1), options)
      expect(new Set(clusters).size).toBe(4)
      const twins = await clusterByGraph(rowsOf(noise(2, 12, 1), [0, 0, 0, 1, 1, 1, 0, 1]), { ...options, clusterCount: 2 })
      expect(sameUpToNames(twins.clusters, Int32Array.of(0, 0, 0, 1, 1, 1, 0, 1))).toBe(true)
      expect((await clusterByGraph(noise(9, 12, 1), { ...options, clusterCount: 1 })).clusters).toEqual(new Int32Array(9))
      await expect(clusterByGraph(noise(3, 12, 1), options)).rejects.toMatchObject({ code: 'BAD_CLUSTER_COUNT' })
      await expect(clusterByGraph(noise(9, 12, 1), options, { signal: { aborted: true } })).rejects.toMatchObject({ code: 'CANCELLED' })
    })
  })
})
