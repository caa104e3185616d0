import { describe, expect, it } from 'vitest'
import { tieOf, weightsBetween } from '#engine/clustering/cluster-ties.ts'
import { randomGraph } from './random-graph.ts'

/** Weight between two groups of rows, over all pairs. */
function slowBetween(table: readonly number[][], clusters: ArrayLike<number>, one: number, other: number): number {
  let sum = 0
  for (const [row, weights] of table.entries())
    for (const [column, weight] of weights.entries()) if (clusters[row] === one && clusters[column] === other) sum += weight
  return sum
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
})
