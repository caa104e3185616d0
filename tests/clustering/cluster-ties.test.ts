import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeClusters, tieOf, weightsBetween } from '#engine/clustering/cluster-ties.ts'
import { createRandom } from '#engine/ml/random.ts'
import { randomGraph } from './random-graph.ts'
import { sameUpToNames } from './synthetic.ts'

/** Weight between two groups of rows, over all pairs. */
function slowBetween(table: readonly number[][], clusters: ArrayLike<number>, one: number, other: number): number {
  let sum = 0
  for (const [row, weights] of table.entries())
    for (const [column, weight] of weights.entries()) if (clusters[row] === one && clusters[column] === other) sum += weight
  return sum
}

/** Merges by looking at all pairs anew each time. */
function slowMerge(table: readonly number[][], clusters: Int32Array, clusterCount: number): Int32Array {
  const merged = clusters.slice()
  for (;;) {
    const left = [...new Set(merged)].sort((one, other) => one - other)
    if (left.length <= clusterCount) return merged.map((cluster) => left.indexOf(cluster))
    const volume = (of: number): number => left.reduce((sum, other) => sum + slowBetween(table, merged, of, other), 0)
    const pairs = left.flatMap((one, place) =>
      left
        .slice(place + 1)
        .map((other) => ({ one, other, tie: slowBetween(table, merged, one, other) / Math.min(volume(one), volume(other)) })),
    )
    const { one, other } = pairs.reduce((best, pair) => (pair.tie > best.tie ? pair : best))
    merged.forEach((cluster, row) => {
      if (cluster === other) merged[row] = one
    })
  }
}

describe('ties of clusters', () => {
  it('are weights between and of clusters as loops over all pairs add them up', () => {
    const { graph, table } = randomGraph(20, 3)
    const clusters = Int32Array.from({ length: 20 }, (_, row) => row % 3)
    const { between, volumes, total } = weightsBetween(graph, clusters, 3)
    for (let one = 0; one < 3; one++) {
      for (let other = 0; other < 3; other++) expect(between[one * 3 + other]).toBeCloseTo(slowBetween(table, clusters, one, other), 9)
      expect(volumes[one]).toBeCloseTo(
        [0, 1, 2].reduce((sum, other) => sum + slowBetween(table, clusters, one, other), 0),
        9,
      )
    }
    expect(total).toBeCloseTo(
      table.flat().reduce((sum, weight) => sum + weight, 0),
      9,
    )
    expect([tieOf(2, 10, 4), tieOf(0, 0, 0)]).toEqual([0.5, 0])
  })

  it('join pieces as looking at all pairs anew each time does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 14 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 9999 }),
        (count, most, seed) => {
          const { graph, table } = randomGraph(count, seed)
          // Where two ties are equal, as without any link, either may come first.
          fc.pre(graph.starts.every((start, row) => row === 0 || start > graph.starts[row - 1]!))
          const random = createRandom(seed + 1)
          const clusters = Int32Array.from({ length: count }, () => random.integer(8))
          const merged = mergeClusters(graph, clusters, 9, most)
          expect(new Set(merged).size).toBe(Math.min(most, new Set(clusters).size))
          expect(Math.max(...merged)).toBeLessThan(most)
          if (isTieFree(table, clusters)) expect(sameUpToNames(merged, slowMerge(table, clusters, most))).toBe(true)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('join the smallest where nothing is tied, and leave alone what are few enough', () => {
    const pair = (row: number) => (row % 2 === 0 ? row + 1 : row - 1)
    const count = 12
    const graph = {
      count,
      starts: Int32Array.from({ length: count + 1 }, (_, row) => row),
      others: Int32Array.from({ length: count }, (_, row) => pair(row)),
      weights: new Float32Array(count).fill(1),
    }
    const clusters = Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3)
    expect(sameUpToNames(mergeClusters(graph, clusters, 4, 3), Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2))).toBe(true)
    expect(mergeClusters(graph, clusters, 4, 4)).toEqual(clusters)
    expect(mergeClusters(graph, clusters, 4, 6)).toEqual(clusters)
  })
})

/** Whether no step of the slow merge meets two equal greatest ties: weights are random, so only ties of 0 can be equal. */
function isTieFree(table: readonly number[][], clusters: Int32Array): boolean {
  const left = [...new Set(clusters)]
  return left.every((one) => left.every((other) => one === other || slowBetween(table, clusters, one, other) > 0))
}
