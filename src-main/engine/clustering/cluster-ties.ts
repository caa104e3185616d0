import type { NeighbourGraph } from './neighbour-graph.ts'

/** How much of a graph's weight lies where: `between` is `[clusters, clusters]`, `volumes` the weight of each with all. */
type ClusterWeights = Readonly<{ between: Float64Array; volumes: Float64Array; total: number }>

/** The weight from each cluster to each, the weight of each with all, and the whole. */
export function weightsBetween(
  { count, starts, others, weights }: NeighbourGraph,
  clusters: Int32Array,
  clusterCount: number,
): ClusterWeights {
  const between = new Float64Array(clusterCount * clusterCount)
  const volumes = new Float64Array(clusterCount)
  for (let row = 0; row < count; row++)
    for (let edge = starts[row]; edge < starts[row + 1]; edge++) {
      between[clusters[row] * clusterCount + clusters[others[edge]]] += weights[edge]
      volumes[clusters[row]] += weights[edge]
    }
  const total = volumes.reduce((sum, volume) => sum + volume, 0)
  return { between, volumes, total: Math.max(Number.MIN_VALUE, total) }
}

/** How closely two clusters are tied, 0-1: the weight between both as a share of the smaller one's. */
export function tieOf(between: number, volume: number, otherVolume: number): number {
  return between / Math.max(Number.MIN_VALUE, Math.min(volume, otherVolume))
}
