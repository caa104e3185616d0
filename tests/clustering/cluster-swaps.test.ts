import { describe, expect, it } from 'vitest'
import { swapClusters } from '#engine/clustering/cluster-swaps.ts'
import { modularity } from '#engine/clustering/modularity.ts'
import { toNeighbourGraph } from '#engine/clustering/neighbour-graph.ts'
import { findNeighbours } from '#engine/clustering/neighbours.ts'
import { onEachBackend } from './each-backend.ts'
import { blobs, noise, sameUpToNames } from './synthetic.ts'

onEachBackend(() => {
  describe('swaps of clusters', () => {
    it('find the classes where two had become one and one was cut in two', async () => {
      const { embeddings, classes } = blobs([40, 40, 40, 40], 10, 0.3, 7)
      const graph = toNeighbourGraph(await findNeighbours(embeddings, { neighbourCount: 8, memoryBytes: 1e6 }))
      // Classes 0 and 1 in one cluster, class 2 in two.
      const wrong = classes.map((label, image) => (label === 1 ? 0 : label === 2 ? 1 + (image % 2) : label))
      expect(sameUpToNames(swapClusters(graph, embeddings, wrong, 4, 1), classes)).toBe(true)
    })

    it('never lower modularity, empty no cluster, and leave what is fixed', async () => {
      const embeddings = noise(60, 6, 3)
      const graph = toNeighbourGraph(await findNeighbours(embeddings, { neighbourCount: 6, memoryBytes: 1e6 }))
      for (let seed = 0; seed < 5; seed++) {
        const clusters = Int32Array.from({ length: 60 }, (_, image) => (image + seed) % 5)
        const fixed = Int32Array.from({ length: 60 }, (_, image) => (image < 5 ? clusters[image] : -1))
        const swapped = swapClusters(graph, embeddings, clusters, 5, seed, fixed)
        expect(modularity(graph, swapped, 5)).toBeGreaterThanOrEqual(modularity(graph, clusters, 5))
        expect(new Set(swapped).size).toBe(5)
        for (let image = 0; image < 5; image++) expect(swapped[image]).toBe(clusters[image])
      }
    })
  })
})
