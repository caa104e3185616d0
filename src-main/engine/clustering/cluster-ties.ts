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

/**
 * Joins the two clusters that are tied most closely, again and again, until so many are left: sizes come out as they will.
 *
 * @param clusters `[count]` 0 to pieceCount - 1; numbers without images are passed over.
 * @returns `[count]` 0 to clusterCount - 1; fewer where there were fewer.
 */
export function mergeClusters(graph: NeighbourGraph, clusters: Int32Array, pieceCount: number, clusterCount: number): Int32Array {
  const { between, volumes } = weightsBetween(graph, clusters, pieceCount)
  const present = new Set(clusters)
  const left = Array.from({ length: pieceCount }, (_, piece) => piece).filter((piece) => present.has(piece))
  const joined = Int32Array.from({ length: pieceCount }, (_, piece) => piece)
  while (left.length > clusterCount) {
    const [keep, leave] = closest(left, between, volumes, pieceCount)
    for (const other of left) {
      between[keep * pieceCount + other] += between[leave * pieceCount + other]
      between[other * pieceCount + keep] = between[keep * pieceCount + other]
    }
    volumes[keep] += volumes[leave]
    left.splice(left.indexOf(leave), 1)
    for (let piece = 0; piece < pieceCount; piece++) if (joined[piece] === leave) joined[piece] = keep
  }
  return clusters.map((piece) => left.indexOf(joined[piece]))
}

/** The two that are tied most closely; of equal ties, as of all without any, the two that are smallest together. */
function closest(left: readonly number[], between: Float64Array, volumes: Float64Array, pieceCount: number): readonly [number, number] {
  let best: readonly [number, number] = [left[0], left[1]]
  let bestTie = -1
  let bestVolume = Number.POSITIVE_INFINITY
  for (const [place, one] of left.entries())
    for (const other of left.slice(place + 1)) {
      const tie = tieOf(between[one * pieceCount + other], volumes[one], volumes[other])
      const volume = volumes[one] + volumes[other]
      if (tie < bestTie || (tie === bestTie && volume >= bestVolume)) continue
      best = [one, other]
      bestTie = tie
      bestVolume = volume
    }
  return best
}
