import type { NeighbourGraph } from '#engine/clustering/neighbour-graph.ts'
import { createRandom } from '#engine/ml/random.ts'

/** A symmetric table of weights, some 0, as a graph. */
export function randomGraph(count: number, seed: number): { graph: NeighbourGraph; table: number[][] } {
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
