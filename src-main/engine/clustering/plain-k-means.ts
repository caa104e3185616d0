import { createRandom, type Random } from '#engine/ml/random.ts'
import type { Embeddings } from './embeddings.ts'
import { type Follow, pause } from './pause.ts'

/** Nearest centroid of each row, the centroids, and the sum of squared distances. */
export type PlainKMeans = Readonly<{ clusters: Int32Array; centroids: Float64Array; inertia: number }>

/**
 * Lloyd's k-means with squared distances and a k-means++ start, in plain loops: for a few thousand rows of a few dozen numbers, where no
 * TensorFlow is loaded. One start; clusters may run empty.
 *
 * @param clusterCount 1 to count.
 */
export function plainKMeans(points: Embeddings, clusterCount: number, iterations: number, seed: number): PlainKMeans {
  const rounds = takeRounds(points, clusterCount, iterations, seed)
  for (;;) {
    const { done, value } = rounds.next()
    if (done) return value
  }
}

/** The same clusters, with a pause after each round. @throws CANCELLED. */
export async function followedPlainKMeans(
  points: Embeddings,
  clusterCount: number,
  iterations: number,
  seed: number,
  follow: Follow,
): Promise<PlainKMeans> {
  const rounds = takeRounds(points, clusterCount, iterations, seed)
  for (;;) {
    const { done, value } = rounds.next()
    if (done) return value
    await pause(follow, value)
  }
}

/** After each round the share of all that are done. */
function* takeRounds(points: Embeddings, clusterCount: number, iterations: number, seed: number): Generator<number, PlainKMeans> {
  const centroids = spreadCentroids(points, clusterCount, createRandom(seed))
  let found = nearestPlainCentroids(points, centroids)
  for (let iteration = 0; iteration < iterations; iteration++) {
    moveToMeans(points, found.clusters, centroids)
    const next = nearestPlainCentroids(points, centroids)
    const settled = next.clusters.every((cluster, row) => cluster === found.clusters[row])
    found = next
    if (settled) break
    yield (iteration + 1) / iterations
  }
  return { ...found, centroids }
}

/** For each row its nearest centroid, the lowest number on a tie, and the sum of the squared distances. */
export function nearestPlainCentroids(
  { values, count, dimension }: Embeddings,
  centroids: Float64Array,
): { clusters: Int32Array; inertia: number } {
  const clusters = new Int32Array(count)
  let inertia = 0
  for (let row = 0; row < count; row++) {
    let best = Number.POSITIVE_INFINITY
    for (let start = 0; start < centroids.length; start += dimension) {
      let sum = 0
      for (let column = 0; column < dimension && sum < best; column++) {
        const difference = values[row * dimension + column] - centroids[start + column]
        sum += difference * difference
      }
      if (sum < best) {
        best = sum
        clusters[row] = start / dimension
      }
    }
    inertia += best
  }
  return { clusters, inertia }
}

/** Rows drawn with probability proportional to their squared distance from those drawn before. */
function spreadCentroids({ values, count, dimension }: Embeddings, clusterCount: number, random: Random): Float64Array {
  const centroids = new Float64Array(clusterCount * dimension)
  const distances = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
  let chosen = random.integer(count)
  for (let cluster = 0; cluster < clusterCount; cluster++) {
    for (let column = 0; column < dimension; column++) centroids[cluster * dimension + column] = values[chosen * dimension + column]
    let total = 0
    for (let row = 0; row < count; row++) {
      let sum = 0
      for (let column = 0; column < dimension; column++)
        sum += (values[row * dimension + column] - values[chosen * dimension + column]) ** 2
      distances[row] = Math.min(distances[row], sum)
      total += distances[row]
    }
    let target = random.uniform() * total
    chosen = distances.findIndex((distance) => {
      target -= distance
      return target < 0
    })
    // All rows are equal to a centroid: any will do.
    if (chosen < 0) chosen = random.integer(count)
  }
  return centroids
}

/** Each centroid becomes the mean of its rows, in place; one without rows stays. */
function moveToMeans({ values, count, dimension }: Embeddings, clusters: Int32Array, centroids: Float64Array): void {
  const sizes = new Int32Array(centroids.length / dimension)
  const sums = new Float64Array(centroids.length)
  for (let row = 0; row < count; row++) {
    const start = clusters[row] * dimension
    sizes[clusters[row]]++
    for (let column = 0; column < dimension; column++) sums[start + column] += values[row * dimension + column]
  }
  for (let place = 0; place < sums.length; place++) {
    const size = sizes[Math.floor(place / dimension)]
    if (size > 0) centroids[place] = sums[place] / size
  }
}
