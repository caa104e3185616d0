import type { Embeddings } from './embeddings.ts'

/** Euclidean distances between all rows, `[count, count]`: for a sample, not for a data set. */
export function distanceTable({ values, count, dimension }: Embeddings): Float32Array {
  const distances = new Float32Array(count * count)
  for (let row = 0; row < count; row++)
    for (let other = 0; other < row; other++) {
      let sum = 0
      for (let column = 0; column < dimension; column++) {
        const difference = values[row * dimension + column] - values[other * dimension + column]
        sum += difference * difference
      }
      distances[row * count + other] = Math.sqrt(sum)
      distances[other * count + row] = distances[row * count + other]
    }
  return distances
}

/**
 * Mean silhouette of a clustering, -1 to 1: how much nearer each row is to its own cluster than to the nearest other one.
 * A row alone in its cluster counts 0; so does every row where there is no other cluster.
 *
 * @param distances `[count, count]`.
 * @param clusters `[count]` 0 to clusterCount - 1.
 * @source Rousseeuw 1987.
 */
export function meanSilhouette(distances: Float32Array, clusters: Int32Array, clusterCount: number): number {
  const count = clusters.length
  const sizes = new Int32Array(clusterCount)
  for (const cluster of clusters) sizes[cluster]++
  const sums = new Float64Array(clusterCount)
  let total = 0
  for (let row = 0; row < count; row++) {
    sums.fill(0)
    for (let other = 0; other < count; other++) sums[clusters[other]] += distances[row * count + other]
    const own = clusters[row]
    if (sizes[own] < 2) continue
    const within = sums[own] / (sizes[own] - 1)
    let nearest = Number.POSITIVE_INFINITY
    for (let cluster = 0; cluster < clusterCount; cluster++)
      if (cluster !== own && sizes[cluster] > 0) nearest = Math.min(nearest, sums[cluster] / sizes[cluster])
    const wider = Math.max(within, nearest)
    if (Number.isFinite(nearest) && wider > 0) total += (nearest - within) / wider
  }
  return total / count
}
