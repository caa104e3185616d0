import { createRandom } from '#engine/ml/random.ts'
import type { NeighbourGraph } from './neighbour-graph.ts'

/** Moves over all images at most; they settle long before. */
const rounds = 50

/**
 * How much more of a graph's weight lies within clusters than chance would put there, below 1: what tells a good division of the same
 * graph from a bad one, without labels.
 *
 * @param clusters `[count]` 0 to clusterCount - 1.
 * @source Newman 2004, for weighted graphs.
 */
export function modularity(graph: NeighbourGraph, clusters: Int32Array, clusterCount: number): number {
  const { starts, others, weights } = graph
  const volumes = new Float64Array(clusterCount)
  let within = 0
  let total = 0
  for (let row = 0; row < graph.count; row++)
    for (let edge = starts[row]; edge < starts[row + 1]; edge++) {
      volumes[clusters[row]] += weights[edge]
      total += weights[edge]
      if (clusters[others[edge]] === clusters[row]) within += weights[edge]
    }
  if (total === 0) return 0
  return within / total - volumes.reduce((sum, volume) => sum + (volume / total) ** 2, 0)
}

/**
 * Moves single images to the cluster where modularity rises most, as long as it rises. No cluster is emptied and none is added.
 *
 * @param fixed `[count]` the cluster of images that may not move, -1 elsewhere; they are put there first.
 * @param leanings `[count, clusterCount]` what else speaks for each cluster, in the unit of the graph's weights: a sum of both rises.
 * @returns `[count]` new clusters.
 * @source Blondel et al. 2008, the local moves of the first phase.
 */
export function raiseModularity(
  graph: NeighbourGraph,
  clusters: Int32Array,
  clusterCount: number,
  seed: number,
  fixed?: Int32Array,
  leanings?: Float32Array,
): Int32Array {
  const { count, starts, others, weights } = graph
  const moved = clusters.map((cluster, image) => (fixed && fixed[image] >= 0 ? fixed[image] : cluster))
  const degrees = new Float64Array(count)
  const volumes = new Float64Array(clusterCount)
  const sizes = new Int32Array(clusterCount)
  let total = 0
  for (let row = 0; row < count; row++) {
    for (let edge = starts[row]; edge < starts[row + 1]; edge++) degrees[row] += weights[edge]
    volumes[moved[row]] += degrees[row]
    sizes[moved[row]]++
    total += degrees[row]
  }
  const order = createRandom(seed).shuffled(count)
  const shared = new Float64Array(clusterCount)
  for (let round = 0; round < rounds; round++) {
    let moves = 0
    for (const image of order) {
      const own = moved[image]
      if (sizes[own] < 2 || (fixed && fixed[image] >= 0)) continue
      shared.fill(0)
      for (let edge = starts[image]; edge < starts[image + 1]; edge++) shared[moved[others[edge]]] += weights[edge]
      const gain = (cluster: number): number =>
        shared[cluster] -
        (degrees[image] * (volumes[cluster] - (cluster === own ? degrees[image] : 0))) / total +
        (leanings ? leanings[image * clusterCount + cluster] : 0)
      let best = own
      let bestGain = gain(own) + 1e-12
      for (let cluster = 0; cluster < clusterCount; cluster++)
        if (cluster !== own && gain(cluster) > bestGain) {
          best = cluster
          bestGain = gain(cluster)
        }
      if (best === own) continue
      volumes[own] -= degrees[image]
      volumes[best] += degrees[image]
      sizes[own]--
      sizes[best]++
      moved[image] = best
      moves++
    }
    if (moves === 0) break
  }
  return moved
}
