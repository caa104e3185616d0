import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { modularity, raiseModularity } from '#engine/clustering/modularity.ts'
import { createRandom } from '#engine/ml/random.ts'
import { randomGraph } from './random-graph.ts'

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

  it('rises together with what else speaks for clusters, until no single move helps', () => {
    fc.assert(
      fc.property(...setting, (count, clusterCount, seed) => {
        const { graph, table } = randomGraph(count, seed)
        const total = table.flat().reduce((sum, weight) => sum + weight, 0)
        if (total === 0) return
        const random = createRandom(seed + 2)
        const leanings = Float32Array.from({ length: count * clusterCount }, () => random.normal())
        // A move by which an image gains weight w of shared edges raises modularity by 2w / total.
        const sumOf = (clusters: Int32Array): number =>
          slowModularity(table, clusters) +
          clusters.reduce((sum, cluster, image) => sum + (2 * leanings[image * clusterCount + cluster]) / total, 0)
        const start = Int32Array.from({ length: count }, (_, image) => image % clusterCount)
        const moved = raiseModularity(graph, start, clusterCount, seed, undefined, leanings)
        expect(sumOf(moved)).toBeGreaterThanOrEqual(sumOf(start) - 1e-9)
        for (let image = 0; image < count; image++)
          for (let cluster = 0; cluster < clusterCount; cluster++) {
            const other = moved.slice()
            other[image] = cluster
            if (moved.filter((own) => own === moved[image]).length < 2) continue
            expect(sumOf(other)).toBeLessThanOrEqual(sumOf(moved) + 1e-6)
          }
      }),
    )
  })
})
