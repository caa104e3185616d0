import type { Neighbours } from './neighbours.ts'

/**
 * Who is like whom, and how much: the rows of a symmetric matrix without diagonal, one after the other. The neighbours of row `i` are
 * `others[starts[i]]` to `others[starts[i + 1] - 1]`, in ascending order, with `weights` in (0, 1].
 */
export type NeighbourGraph = Readonly<{ count: number; starts: Int32Array; others: Int32Array; weights: Float32Array }>

/** Rounds of the bisection for a bandwidth, and the least bandwidth as a share of the mean distance. */
const rounds = 64
const leastBandwidth = 1e-3

/**
 * The fuzzy simplicial set of some nearest neighbours. Each image sees its neighbours through a kernel of its own: its nearest other one
 * with weight 1, all of them together with log2(neighbourCount). What two images see of each other is joined as a + b - ab.
 *
 * @param neighbours Of unit rows, so that 1 - similarity is the cosine distance; the image itself comes first and is left out.
 * @source McInnes, Healy & Melville 2018, algorithms 2 and 3.
 */
export function toNeighbourGraph(neighbours: Neighbours): NeighbourGraph {
  const { count, neighbourCount, indices } = neighbours
  const seen = seenWeights(neighbours)
  // Each pair twice, as (row, other) and turned round; sorted by row and other, so that the two sights of a pair lie side by side.
  const starts = new Int32Array(count + 1)
  forEachPair(neighbours, (row, other) => {
    starts[row + 1]++
    starts[other + 1]++
  })
  for (let row = 0; row < count; row++) starts[row + 1] += starts[row]
  const filled = starts.slice(0, count)
  const others = new Int32Array(starts[count])
  const weights = new Float32Array(starts[count])
  const enter = (row: number, other: number, weight: number): void => {
    others[filled[row]] = other
    weights[filled[row]++] = weight
  }
  for (let row = 0; row < count; row++)
    for (let place = row * neighbourCount + 1; place < (row + 1) * neighbourCount; place++) {
      enter(row, indices[place], seen[place])
      enter(indices[place], row, seen[place])
    }
  return joined(count, starts, others, weights)
}

function forEachPair({ count, neighbourCount, indices }: Neighbours, visit: (row: number, other: number) => void): void {
  for (let row = 0; row < count; row++)
    for (let place = row * neighbourCount + 1; place < (row + 1) * neighbourCount; place++) visit(row, indices[place])
}

/** `[count, neighbourCount]`: how much of each neighbour an image sees, 0-1. */
function seenWeights({ count, neighbourCount, similarities }: Neighbours): Float32Array {
  const weights = new Float32Array(similarities.length)
  const distances = new Float64Array(Math.max(0, neighbourCount - 1))
  for (let row = 0; row < count; row++) {
    const start = row * neighbourCount + 1
    for (let place = 0; place < distances.length; place++) distances[place] = Math.max(0, 1 - similarities[start + place])
    const nearest = distances.find((distance) => distance > 0) ?? 0
    const bandwidth = bandwidthOf(distances, nearest, Math.log2(neighbourCount))
    for (let place = 0; place < distances.length; place++) {
      const beyond = distances[place] - nearest
      weights[start + place] = beyond <= 0 ? 1 : Math.exp(-beyond / bandwidth)
    }
  }
  return weights
}

/** The width at which all weights of an image sum to `total`, by bisection. */
function bandwidthOf(distances: Float64Array, nearest: number, total: number): number {
  let low = 0
  let high = Number.POSITIVE_INFINITY
  let width = 1
  for (let round = 0; round < rounds; round++) {
    let sum = 0
    for (const distance of distances) sum += distance <= nearest ? 1 : Math.exp((nearest - distance) / width)
    if (Math.abs(sum - total) < 1e-5) break
    if (sum > total) high = width
    else low = width
    width = high === Number.POSITIVE_INFINITY ? width * 2 : (low + high) / 2
  }
  const mean = distances.reduce((sum, distance) => sum + distance, 0) / Math.max(1, distances.length)
  return Math.max(width, leastBandwidth * mean, Number.MIN_VALUE)
}

/** Sorts each row, and joins the two entries of a pair in which each is among the neighbours of the other. */
function joined(count: number, starts: Int32Array, others: Int32Array, weights: Float32Array): NeighbourGraph {
  const rows = new Int32Array(count + 1)
  let end = 0
  for (let row = 0; row < count; row++) {
    const from = starts[row]
    const order = Array.from({ length: starts[row + 1] - from }, (_, place) => from + place).sort((a, b) => others[a] - others[b])
    const sorted = order.map((place) => ({ other: others[place], weight: weights[place] }))
    for (const { other, weight } of sorted)
      if (end > rows[row] && others[end - 1] === other) weights[end - 1] = weights[end - 1] + weight - weights[end - 1] * weight
      else if (weight > 0) {
        others[end] = other
        weights[end++] = weight
      }
    rows[row + 1] = end
  }
  return { count, starts: rows, others: others.slice(0, end), weights: weights.slice(0, end) }
}
