import type { NeighbourGraph } from './neighbour-graph.ts'

/** What is left of the error at the end, as a share. */
const accuracy = 0.01

/**
 * How much of each source reaches each image along the graph: (1 - a) (I - a S)^-1 Y, where S is the normalised adjacency
 * D^-1/2 W D^-1/2, within about a per cent.
 *
 * @param sources Y, `[count, columnCount]`, row-major; not changed.
 * @param passedOn a, 0-1 without its ends: the share that goes on at each step.
 * @returns `[count, columnCount]`.
 * @source Zhou et al. 2004 (local and global consistency, equation 4). Differs from the paper: solved by Chebyshev iteration, which needs a
 *   tenth of the steps.
 */
export function spreadSources(graph: NeighbourGraph, sources: Float32Array, columnCount: number, passedOn: number): Float32Array {
  const { count, starts, others, weights } = graph
  const scales = degreeScales(graph)
  const passing = new Float32Array(weights.length)
  for (let row = 0; row < count; row++)
    for (let edge = starts[row]; edge < starts[row + 1]; edge++)
      passing[edge] = passedOn * scales[row] * scales[others[edge]] * weights[edge]
  // The eigenvalues of I - a S lie between 1 - a and 1 + a.
  const faster = (1 - Math.sqrt(1 - passedOn * passedOn)) / passedOn
  const steps = Math.ceil(Math.log(accuracy / 2) / Math.log(faster))
  const given = sources.map((value) => value * (1 - passedOn))
  const reached = new Float32Array(given.length)
  const rest = given.slice()
  const direction = given.slice()
  let stride = 1
  for (let step = 0; step < steps; step++) {
    if (step > 0) {
      const kept = step === 1 ? (passedOn * stride) ** 2 / 2 : (passedOn * stride) ** 2 / 4
      stride = 1 / (1 - kept / stride)
      for (let place = 0; place < rest.length; place++) direction[place] = rest[place] + kept * direction[place]
    }
    for (let place = 0; place < reached.length; place++) {
      reached[place] += stride * direction[place]
      rest[place] = given[place] - reached[place]
    }
    for (let row = 0; row < count; row++)
      for (let edge = starts[row]; edge < starts[row + 1]; edge++) {
        const weight = passing[edge]
        const from = others[edge] * columnCount
        const to = row * columnCount
        for (let column = 0; column < columnCount; column++) rest[to + column] += weight * reached[from + column]
      }
  }
  return reached
}

/** `[count]` 1 / sqrt(degree); 0 for an image without neighbours. */
export function degreeScales({ count, starts, weights }: NeighbourGraph): Float64Array {
  const scales = new Float64Array(count)
  for (let row = 0; row < count; row++) {
    let degree = 0
    for (let edge = starts[row]; edge < starts[row + 1]; edge++) degree += weights[edge]
    scales[row] = degree > 0 ? 1 / Math.sqrt(degree) : 0
  }
  return scales
}
