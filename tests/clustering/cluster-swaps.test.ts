import { describe, expect, it } from 'vitest'
import { bestSplits, swapClusters } from '#engine/clustering/cluster-swaps.ts'
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
      expect(sameUpToNames(await swapClusters(graph, embeddings, wrong, 4, 1), classes)).toBe(true)
    })

    it('tell how far they are, more often than once a swap, and can be stopped', async () => {
      const { embeddings, classes } = blobs([40, 40, 40, 40], 10, 0.3, 7)
      const graph = toNeighbourGraph(await findNeighbours(embeddings, { neighbourCount: 8, memoryBytes: 1e6 }))
      const told: number[] = []
      await swapClusters(graph, embeddings, classes, 4, 1, undefined, { onProgress: (ratio) => told.push(ratio) })
      expect(told.length).toBeGreaterThan(8)
      expect(told.toSorted((left, right) => left - right)).toEqual(told)
      expect(told.at(-1)).toBeLessThanOrEqual(1)
      const signal = { aborted: true }
      await expect(swapClusters(graph, embeddings, classes, 4, 1, undefined, { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    })

    it('split as the modularity of the whole graph says', async () => {
      const embeddings = noise(80, 6, 3)
      const graph = toNeighbourGraph(await findNeighbours(embeddings, { neighbourCount: 6, memoryBytes: 1e6 }))
      const clusters = Int32Array.from({ length: 80 }, (_, image) => (image % 7 === 0 ? 0 : 1 + (image % 4)))
      const splits = await bestSplits(graph, embeddings, clusters, 5, 1)
      expect(splits.length).toBe(5)
      for (const { cluster, leaving, gain, tie } of splits) {
        const split = clusters.map((own, image) => (leaving.includes(image) ? 5 : own))
        let between = 0
        const volumes = [0, 0]
        for (let row = 0; row < 80; row++)
          for (let edge = graph.starts[row]!; edge < graph.starts[row + 1]!; edge++) {
            const [from, to] = [split[row], split[graph.others[edge]!]]
            if (from === cluster && to === 5) between += graph.weights[edge]!
            if (from === cluster) volumes[0]! += graph.weights[edge]!
            if (from === 5) volumes[1]! += graph.weights[edge]!
          }
        expect(gain).toBeCloseTo(modularity(graph, split, 6) - modularity(graph, clusters, 5), 12)
        expect(tie).toBeCloseTo(between / Math.min(...volumes), 12)
      }
      expect(splits.map(({ gain }) => gain)).toEqual(splits.map(({ gain }) => gain).sort((left, right) => right - left))
    })

    it('never lower modularity, empty no cluster, and leave what is fixed', async () => {
      const embeddings = noise(60, 6, 3)
      const graph = toNeighbourGraph(await findNeighbours(embeddings, { neighbourCount: 6, memoryBytes: 1e6 }))
      for (let seed = 0; seed < 5; seed++) {
        const clusters = Int32Array.from({ length: 60 }, (_, image) => (image + seed) % 5)
        const fixed = Int32Array.from({ length: 60 }, (_, image) => (image < 5 ? clusters[image] : -1))
        const swapped = await swapClusters(graph, embeddings, clusters, 5, seed, fixed)
        expect(modularity(graph, swapped, 5)).toBeGreaterThanOrEqual(modularity(graph, clusters, 5))
        expect(new Set(swapped).size).toBe(5)
        for (let image = 0; image < 5; image++) expect(swapped[image]).toBe(clusters[image])
      }
    })
  })
})
