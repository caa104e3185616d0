import type { NeighbourGraph } from './neighbour-graph.ts'

/**
 * Coordinates that change slowly along a graph: subspace iteration with the lazy normalised adjacency (I + D^-1/2 W D^-1/2) / 2, from
 * given coordinates, without the trivial eigenvector. With enough rounds these are the eigenvectors of the normalised Laplacian after the
 * first; with fewer, a smoothed form of the start, which keeps apart what the graph does not connect.
 *
 * @param start `[count, dimension]`, any values; columns that depend on others become zero.
 * @returns `[count, dimension]`, orthonormal columns.
 * @source Luxburg 2007 (normalised spectral embedding); Halko, Martinsson & Tropp 2011 (subspace iteration).
 */
export function toGraphCoordinates(graph: NeighbourGraph, start: Float32Array, dimension: number, rounds: number): Float32Array {
  const { count, starts, others, weights } = graph
  const degrees = new Float64Array(count)
  for (let row = 0; row < count; row++) for (let edge = starts[row]; edge < starts[row + 1]; edge++) degrees[row] += weights[edge]
  const scales = degrees.map((degree) => (degree > 0 ? 1 / Math.sqrt(degree) : 0))
  const trivial = degrees.map(Math.sqrt)
  scaleToUnit(trivial)
  let values: Float64Array = Float64Array.from(start)
  orthonormalise(values, trivial, dimension)
  for (let round = 0; round < rounds; round++) {
    const next = values.slice()
    for (let row = 0; row < count; row++)
      for (let edge = starts[row]; edge < starts[row + 1]; edge++) {
        const weight = weights[edge] * scales[row] * scales[others[edge]]
        for (let column = 0; column < dimension; column++)
          next[row * dimension + column] += weight * values[others[edge] * dimension + column]
      }
    values = next
    orthonormalise(values, trivial, dimension)
  }
  return Float32Array.from(values)
}

function scaleToUnit(values: Float64Array): void {
  let sum = 0
  for (const value of values) sum += value * value
  if (sum > 0) for (let index = 0; index < values.length; index++) values[index] /= Math.sqrt(sum)
}

/** Gram-Schmidt over the columns, twice for accuracy, in place: orthogonal to `trivial` and to those before, length 1 or 0. */
function orthonormalise(values: Float64Array, trivial: Float64Array, dimension: number): void {
  const count = trivial.length
  for (let column = 0; column < dimension; column++) {
    const own = Float64Array.from({ length: count }, (_, row) => values[row * dimension + column])
    const before = length(own)
    for (let pass = 0; pass < 2; pass++) {
      takeOut(own, (row) => trivial[row])
      for (let other = 0; other < column; other++) takeOut(own, (row) => values[row * dimension + other])
    }
    const after = length(own)
    for (let row = 0; row < count; row++) values[row * dimension + column] = after > 1e-9 * before ? own[row] / after : 0
  }
}

function takeOut(own: Float64Array, axis: (row: number) => number): void {
  let product = 0
  for (let row = 0; row < own.length; row++) product += own[row] * axis(row)
  for (let row = 0; row < own.length; row++) own[row] -= product * axis(row)
}

function length(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value * value
  return Math.sqrt(sum)
}
