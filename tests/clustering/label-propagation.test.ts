import { describe, expect, it } from 'vitest'
import { alignClusters } from '#engine/clustering/alignment.ts'
import { type Embeddings, rowsOf } from '#engine/clustering/embeddings.ts'
import { clusterByGraph } from '#engine/clustering/graph-clusters.ts'
import type { UnlabelledFacts } from '#engine/clustering/label-opinions.ts'
import { propagateLabels } from '#engine/clustering/label-propagation.ts'
import { toNeighbourGraph } from '#engine/clustering/neighbour-graph.ts'
import { findNeighbours } from '#engine/clustering/neighbours.ts'
import { createRandom } from '#engine/ml/random.ts'
import { onEachBackend } from './each-backend.ts'
import { blobs, noise } from './synthetic.ts'

const errorsOf = (found: Int32Array, classes: Int32Array): number => found.filter((label, image) => label !== classes[image]).length

onEachBackend(() => {
  const factsOf = async (features: Embeddings, clusters = new Int32Array(features.count)): Promise<UnlabelledFacts> => ({
    graph: toNeighbourGraph(await findNeighbours(features, { neighbourCount: 6, memoryBytes: 1e6 })),
    clusters,
    features,
  })

  describe('classes from a few labels', () => {
    it('finds all of each class from one image, also of a class ten times as large as another', async () => {
      const { embeddings, classes } = blobs([100, 40, 20, 10], 10, 0.45, 3)
      const labels = classes.map((label, image) => (classes.indexOf(label) === image ? label : -1))
      const { classes: found, weights } = propagateLabels(await factsOf(embeddings), labels, 4, 1)
      expect(errorsOf(found, classes)).toBeLessThanOrEqual(3)
      expect(weights).toEqual([1, 0.5, 0])
    })

    it('trusts the probe where classes cut through what the graph holds together, and the clusters where they are the classes', async () => {
      // Classes are halves of one cloud: only a direction tells them.
      const features = noise(300, 4, 7)
      const halves = Int32Array.from({ length: 300 }, (_, image) => Number(features.values[image * 4] > 0))
      const random = createRandom(1)
      const labels = halves.map((label) => (random.uniform() < 0.15 ? label : -1))
      const cut = propagateLabels(await factsOf(features), labels, 2, 1)
      expect(cut.weights[2]).toBeGreaterThan(0.3)
      expect(errorsOf(cut.classes, halves)).toBeLessThan(30)
      const clustered = propagateLabels(await factsOf(noise(300, 4, 8), halves), labels, 2, 1)
      expect(clustered.weights[1]).toBeGreaterThan(clustered.weights[0])
    })

    it('is better than its clusters under the names that fit them best, on overlapping blobs', async () => {
      const { embeddings, classes } = blobs([60, 50, 40, 30], 6, 0.8, 5)
      const { graph, clusters } = await clusterByGraph(embeddings, { clusterCount: 4, partDimensions: [6], memoryBytes: 1e6, seed: 1 })
      const seen = new Int32Array(4)
      const labels = classes.map((label) => (seen[label]++ < 6 ? label : -1))
      const found = propagateLabels({ graph, clusters, features: embeddings }, labels, 4, 1).classes
      const { classOfCluster } = alignClusters(clusters, classes, 4, 4, false)
      const named = clusters.map((cluster) => classOfCluster[cluster])
      expect(errorsOf(found, classes)).toBeLessThan(errorsOf(named, classes))
    })

    it('never changes a given label, is the same for the same seed, and needs one label at least', async () => {
      const facts = await factsOf(noise(30, 5, 2))
      const labels = Int32Array.from({ length: 30 }, (_, image) => (image % 3 === 0 ? (image / 3) % 4 : -1))
      const found = propagateLabels(facts, labels, 4, 1)
      labels.forEach((label, image) => {
        if (label >= 0) expect(found.classes[image]).toBe(label)
      })
      expect(propagateLabels(facts, labels, 4, 1)).toEqual(found)
      expect(() => propagateLabels(facts, new Int32Array(30).fill(-1), 4, 1)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
    })

    it('gives shares that sum to 1, equal ones to what nothing reaches', () => {
      const graph = {
        count: 4,
        starts: Int32Array.of(0, 1, 2, 3, 4),
        others: Int32Array.of(1, 0, 3, 2),
        weights: new Float32Array(4).fill(1),
      }
      const features = rowsOf(noise(4, 3, 1), [0, 1, 2, 3])
      const clusters = Int32Array.of(0, 0, -1, -1)
      const { shares, classes } = propagateLabels({ graph, clusters, features }, Int32Array.of(0, -1, 1, -1), 2, 1)
      for (let image = 0; image < 4; image++) expect(shares[image * 2] + shares[image * 2 + 1]).toBeCloseTo(1, 5)
      expect(classes).toEqual(Int32Array.of(0, 0, 1, 1))
      const alone = propagateLabels({ graph, clusters, features }, Int32Array.of(0, -1, -1, -1), 2, 1)
      expect([...alone.shares.subarray(4)]).toEqual([0.5, 0.5, 0.5, 0.5])
      expect(alone.classes.subarray(0, 2)).toEqual(Int32Array.of(0, 0))
    })
  })
})
