import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { modularity, raiseModularity } from '#engine/clustering/modularity.ts'
import type { NeighbourGraph } from '#engine/clustering/neighbour-graph.ts'
import { createRandom } from '#engine/ml/random.ts'

/** A symmetric table of weights, some 0, as a graph. */
function randomGraph(count: number, seed: number): { graph: NeighbourGraph; table: number[][] } {
  const random = createRandom(seed)
  const table = Array.from({ length: count }, () => new Array<number>(count).fill(0))
  for (let row = 0; row < count; row++)
    for (let other = 0; other < row; other++)
      if (random.uniform() < 0.4) {
        const weight = Math.fround(random.uniform())
        table[row][other] = weight
        table[other][row] = weight
      }
  const rows = table.map((weights) => weights.flatMap((weight, other) => (weight > 0 ? [{ weight, other }] : [])))
  const graph = {
    count,
    starts: Int32Array.from({ length: count + 1 }, (_, row) => rows.slice(0, row).flat().length),
    others: Int32Array.from(rows.flat(), ({ other }) => other),
    weights: Float32Array.from(rows.flat(), ({ weight }) => weight),
  }
  return { graph, table }
}

/** Newman's sum over all pairs: (A - k k / 2m) / 2m where both are in one cluster. */
function slowModularity(table: readonly (readonly number[])[], clusters: Int32Array): number {
  const degrees = table.map((weights) => weights.reduce((sum, weight) => sum + weight, 0))
  const total = degrees.reduce((sum, degree) => sum + degree, 0)
  let sum = 0
  for (const [row, weights] of table.entries())
    for (const [other, weight] of weights.entries())
      if (clusters[row] === clusters[other]) sum += (weight - (degrees[row] * degrees[other]) / total) / total
  return sum
}

const setting = [fc.integer({ min: 3, max: 25 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 999 })] as const

describe('modularity', () => {
  it('is the sum over all pairs, 0 for one cluster and for a graph without edges', () => {
    fc.assert(
      fc.property(...setting, (count, clusterCount, seed) => {
        const { graph, table } = randomGraph(count, seed)
        const random = createRandom(seed + 1)
        const clusters = Int32Array.from({ length: count }, () => random.integer(clusterCount))
        if (graph.others.length > 0) expect(modularity(graph, clusters, clusterCount)).toBeCloseTo(slowModularity(table, clusters), 6)
        expect(modularity(graph, new Int32Array(count), 1)).toBeCloseTo(0, 9)
      }),
    )
    expect(
      modularity({ count: 2, starts: new Int32Array(3), others: new Int32Array(), weights: new Float32Array() }, Int32Array.of(0, 1), 2),
    ).toBe(0)
  })

  it('never falls by moves, ends where no single move helps, keeps every cluster and what is fixed', () => {
    fc.assert(
      fc.property(...setting, (count, clusterCount, seed) => {
        const { graph } = randomGraph(count, seed)
        const clusters = Int32Array.from({ length: count }, (_, image) => image % clusterCount)
        const fixed = Int32Array.from({ length: count }, (_, image) => (image === 0 ? clusterCount - 1 : -1))
        const before = clusters.map((cluster, image) => (fixed[image] >= 0 ? fixed[image] : cluster))
        const moved = raiseModularity(graph, clusters, clusterCount, seed, fixed)
        expect(moved[0]).toBe(clusterCount - 1)
        expect(modularity(graph, moved, clusterCount)).toBeGreaterThanOrEqual(modularity(graph, before, clusterCount) - 1e-9)
        expect(new Set(moved).size).toBe(new Set(before).size)
        for (let image = 1; image < count; image++)
          for (let cluster = 0; cluster < clusterCount; cluster++) {
            const other = moved.slice()
            other[image] = cluster
            if (new Set(other).size < new Set(moved).size) continue
            expect(modularity(graph, other, clusterCount)).toBeLessThanOrEqual(modularity(graph, moved, clusterCount) + 1e-6)
          }
      }),
    )
  })
})
