import { describe, expect, it } from 'vitest'
import { type Embeddings, rowsOf } from '#engine/clustering/embeddings.ts'
import { toGraphCoordinates } from '#engine/clustering/graph-coordinates.ts'
import { kMeans } from '#engine/clustering/k-means.ts'
import { descend } from '#engine/clustering/layout-descent.ts'
import { layoutPlane } from '#engine/clustering/layout-plane.ts'
import { clusteringMetrics, contingencyTable } from '#engine/clustering/metrics.ts'
import { embedNeighbours } from '#engine/clustering/neighbour-embedding.ts'
import { type NeighbourGraph, toNeighbourGraph } from '#engine/clustering/neighbour-graph.ts'
import { findNeighbours } from '#engine/clustering/neighbours.ts'
import { createRandom } from '#engine/ml/random.ts'
import { onEachBackend } from './each-backend.ts'
import { blobs, dot, noise, rowOf } from './synthetic.ts'

const plane = { neighbourCount: 15, memoryBytes: 1e7, seed: 1 }

async function graphOf(embeddings: Embeddings, neighbourCount = 15): Promise<NeighbourGraph> {
  return toNeighbourGraph(await findNeighbours(embeddings, { neighbourCount, memoryBytes: 1e7 }))
}

/** Venna & Kaski 2001 by loops: 1 - how far neighbours of the layout were from being neighbours before. */
function trustworthiness(before: Embeddings, layout: Embeddings, k: number): number {
  const { count } = before
  const distance = (of: Embeddings, left: number, right: number): number =>
    rowOf(of, left).reduce((sum, value, column) => sum + (value - of.values[right * of.dimension + column]) ** 2, 0)
  const ranked = (of: Embeddings, row: number): number[] =>
    Array.from({ length: count }, (_, other) => other)
      .filter((other) => other !== row)
      .map((other) => ({ other, distance: distance(of, row, other) }))
      .sort((left, right) => left.distance - right.distance)
      .map(({ other }) => other)
  let penalty = 0
  for (let row = 0; row < count; row++) {
    const ranks = ranked(before, row)
    for (const other of ranked(layout, row).slice(0, k)) penalty += Math.max(0, ranks.indexOf(other) + 1 - k)
  }
  return 1 - (2 / (count * k * (2 * count - 3 * k - 1))) * penalty
}

onEachBackend(() => {
  describe('neighbour embedding', () => {
    it('keeps neighbours together: trustworthiness above 0.9 on blobs', async () => {
      const { embeddings } = blobs([60, 50, 40, 30], 16, 0.6, 3)
      const values = await layoutPlane(embeddings, plane)
      expect(trustworthiness(embeddings, { values, count: 180, dimension: 2 }, 10)).toBeGreaterThan(0.9)
    })

    it('in ten dimensions lets k-means find clusters that touch', async () => {
      const { embeddings, classes } = blobs([200, 150, 100, 50], 20, 1, 5)
      const points = await embedNeighbours(embeddings, await graphOf(embeddings), {
        ...{ dimension: 10, minimumDistance: 0, epochs: 200, seed: 2 },
      })
      const { clusters } = await kMeans(points, { clusterCount: 4, metric: 'euclidean', restarts: 10, iterations: 100, seed: 1 })
      expect(clusteringMetrics(contingencyTable(classes, clusters, 4, 4)).accuracy).toBeGreaterThan(0.97)
    })

    it('gives the same bytes for the same seed, others for another', async () => {
      const embeddings = noise(80, 8, 1)
      const first = await layoutPlane(embeddings, plane)
      expect(await layoutPlane(embeddings, plane)).toEqual(first)
      expect(await layoutPlane(embeddings, { ...plane, seed: 2 })).not.toEqual(first)
    })

    it('takes the same steps in the loop for two dimensions as in the one for any', async () => {
      const graph = await graphOf(noise(50, 6, 4), 6)
      const random = createRandom(1)
      const flat = Float32Array.from({ length: 100 }, () => 5 * random.normal())
      // A third column of zeros never moves: forces act along differences.
      const deep = Float32Array.from({ length: 150 }, (_, place) => (place % 3 === 2 ? 0 : flat[Math.floor(place / 3) * 2 + (place % 3)]))
      const options = { curve: { a: 1.58, b: 0.895 }, epochs: 1, negativeCount: 5, seed: 1 }
      await descend(flat, graph, { ...options, dimension: 2 })
      await descend(deep, graph, { ...options, dimension: 3 })
      flat.forEach((value, place) => {
        expect(deep[Math.floor(place / 2) * 3 + (place % 2)]).toBeCloseTo(value, 3)
      })
      expect(deep.filter((_, place) => place % 3 === 2).every((value) => value === 0)).toBe(true)
    })

    it('draws a pair together and pushes strangers apart by the slope of the published loss', async () => {
      const { a, b } = { a: 1.58, b: 0.895 }
      const graph = { count: 2, starts: Int32Array.of(0, 1, 1), others: Int32Array.of(1), weights: Float32Array.of(1) }
      const positions = Float32Array.of(0, 0, 4, 0)
      await descend(positions, graph, { dimension: 2, curve: { a, b }, epochs: 1, negativeCount: 0, seed: 1 })
      // -log of the similarity, by differences.
      const loss = (x: number): number => Math.log(1 + a * x ** (2 * b))
      const slope = (loss(4 + 1e-5) - loss(4 - 1e-5)) / 2e-5
      expect(positions[0]).toBeCloseTo(slope, 2)
      expect(positions[2]).toBeCloseTo(4 - slope, 2)
      const apart = Float32Array.of(0, 0, 4, 0)
      await descend(apart, graph, { dimension: 2, curve: { a, b }, epochs: 1, negativeCount: 40, seed: 1 })
      expect(apart[0]).toBeLessThan(slope - 0.1)
    })

    it('starts from the slow coordinates of the graph: the eigenvectors of its Laplacian', async () => {
      // A path of 12 points: the second eigenvector of its normalised Laplacian is a cosine at half steps, scaled by degrees.
      const count = 12
      const others = Array.from({ length: count }, (_, row) => [row - 1, row + 1].filter((other) => other >= 0 && other < count))
      const starts = Int32Array.from({ length: count + 1 }, (_, row) => others.slice(0, row).flat().length)
      const graph = { count, starts, others: Int32Array.from(others.flat()), weights: new Float32Array(starts[count]).fill(1) }
      const random = createRandom(1)
      const start = Float32Array.from({ length: count * 2 }, () => random.normal())
      const found = toGraphCoordinates(graph, start, 2, 3000)
      const column = (axis: number) => Array.from({ length: count }, (_, row) => found[row * 2 + axis])
      expect(dot(column(0), column(0))).toBeCloseTo(1, 5)
      expect(dot(column(0), column(1))).toBeCloseTo(0, 5)
      const wanted = Array.from({ length: count }, (_, row) => Math.cos((Math.PI * row) / (count - 1)) * Math.sqrt(others[row].length))
      const length = Math.sqrt(dot(wanted, wanted))
      expect(Math.abs(dot(column(0), wanted)) / length).toBeCloseTo(1, 4)
    })

    it('takes one, two and three images, fewer images than neighbours, and duplicates', async () => {
      for (const count of [1, 2, 3, 9]) {
        const values = await layoutPlane(noise(count, 5, count), plane)
        expect(values.length).toBe(2 * count)
        expect(values.every((value) => value >= -1 && value <= 1)).toBe(true)
        expect(Math.max(...values) - Math.min(...values)).toBeGreaterThanOrEqual(count === 1 ? 0 : 1)
      }
      const twins = await layoutPlane(rowsOf(noise(3, 5, 1), [0, 0, 0, 0, 0, 0, 1, 1, 1, 2]), { ...plane, neighbourCount: 3 })
      expect(twins.every(Number.isFinite)).toBe(true)
    })

    it('fills its range on the longer axis, is told how far it is, and can be stopped', async () => {
      const ratios: number[] = []
      const values = await layoutPlane(noise(40, 5, 2), plane, { onProgress: (ratio) => ratios.push(ratio) })
      expect([Math.min(...values), Math.max(...values)]).toEqual([-1, 1])
      expect(ratios).toEqual([...ratios].sort((left, right) => left - right))
      expect(ratios.at(-1)).toBe(1)
      await expect(layoutPlane(noise(40, 5, 2), plane, { signal: { aborted: true } })).rejects.toMatchObject({ code: 'CANCELLED' })
    })
  })
})
