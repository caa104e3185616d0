import * as tf from '@tensorflow/tfjs'
import { createRandom, deriveSeed, type Random } from '#engine/ml/random.ts'
import { SpicerackError } from '#shared/errors.ts'
import { checkEmbeddings, type Embeddings, rowsOf, toUnitRows } from './embeddings.ts'
import { type Follow, pause } from './pause.ts'
import { splitCluster } from './split-cluster.ts'

export type KMeansOptions = Readonly<{
  /** 1 to count. */
  clusterCount: number
  /** `cosine` is spherical k-means: rows are normalised, and so are the centroids. */
  metric: 'cosine' | 'euclidean'
  /** Independent starts, of which the best is kept. */
  restarts: number
  /** Rounds of a start at most. */
  iterations: number
  seed: number
}>

export type KMeansResult = Readonly<{
  /** `[count]` 0 to clusterCount - 1. */
  clusters: Int32Array
  /** `[clusterCount, dimension]`; unit rows with the cosine metric. */
  centroids: Float32Array
  /** Sum over images of 1 - cosine, or of the squared distance, to their centroid. */
  inertia: number
}>

/** Draws of the k-means++ start; up to this many clusters it is k-means++ exactly. */
const startRounds = 64
const blockBytes = 64 * 1024 * 1024

/**
 * Lloyd's k-means from k-means++ starts, the start of least inertia. The same seed gives the same clusters.
 * A cluster that runs empty takes half of the largest one; where there are fewer distinct points than clusters, some stay empty.
 *
 * @throws BAD_INPUT when a value is not finite; BAD_CLUSTER_COUNT when there are fewer images than clusters; CANCELLED.
 * @source Arthur & Vassilvitskii 2007. Differs from the paper: above 64 clusters several starting points are drawn at once.
 */
export async function kMeans(embeddings: Embeddings, options: KMeansOptions, follow: Follow = {}): Promise<KMeansResult> {
  checkEmbeddings(embeddings)
  const { clusterCount, metric } = options
  if (!Number.isInteger(clusterCount) || clusterCount < 1 || clusterCount > embeddings.count)
    throw new SpicerackError('BAD_CLUSTER_COUNT', `${embeddings.count} images cannot be divided into ${clusterCount} clusters.`, {
      advice: 'Choose a number of clusters from 2 to half the number of images.',
    })
  const centre = metric === 'euclidean' ? columnMeans(embeddings) : new Float64Array(embeddings.dimension)
  const points = metric === 'euclidean' ? shifted(embeddings, centre) : toUnitRows(embeddings)
  const squaredNorms = rowSquaredNorms(points)
  const tensor = tf.tensor2d(points.values, [points.count, points.dimension])
  let best: KMeansResult | undefined
  try {
    for (let restart = 0; restart < options.restarts; restart++) {
      const random = createRandom(deriveSeed(options.seed, 'k-means', restart))
      const start = await startingCentroids(tensor, points, squaredNorms, clusterCount, random)
      const result = await lloyd(tensor, points, start, options, follow)
      if (!best || result.inertia < best.inertia) best = result
      await pause(follow, (restart + 1) / options.restarts)
    }
  } finally {
    tensor.dispose()
  }
  if (!best) throw new SpicerackError('INTERNAL', 'k-means needs at least one start.')
  for (let index = 0; index < best.centroids.length; index++) best.centroids[index] += centre[index % points.dimension]
  return best
}

/**
 * The nearest of some centroids for each image.
 *
 * @param embeddings `[count, dimension]` on the backend; unit rows when the similarity is to be a cosine.
 * @param centroids `[clusters, dimension]`.
 * @returns For each image the cluster with the greatest x.c - |c|^2 / 2 (lowest number on a tie), and that value.
 */
async function nearestCentroids(
  embeddings: tf.Tensor2D,
  centroids: Float32Array,
  clusterCount: number,
): Promise<{ clusters: Int32Array; scores: Float32Array }> {
  const [count, dimension] = embeddings.shape
  const clusters = new Int32Array(count)
  const scores = new Float32Array(count)
  const blockRows = Math.max(1, Math.floor(blockBytes / (4 * clusterCount)))
  for (let row = 0; row < count; row += blockRows) {
    const size = Math.min(blockRows, count - row)
    const [nearest, score] = tf.tidy(() => {
      const centroidTensor = tf.tensor2d(centroids, [clusterCount, dimension])
      const halves = centroidTensor.square().sum(1).mul(0.5)
      const block = size === count ? embeddings : embeddings.slice([row, 0], [size, dimension])
      const products = tf.matMul(block, centroidTensor, false, true).sub(halves)
      return [products.argMax(1), products.max(1)]
    })
    clusters.set((await nearest.data()) as Int32Array, row)
    scores.set((await score.data()) as Float32Array, row)
    tf.dispose([nearest, score])
  }
  return { clusters, scores }
}

async function lloyd(
  tensor: tf.Tensor2D,
  points: Embeddings,
  start: Float32Array,
  options: KMeansOptions,
  follow: Follow,
): Promise<KMeansResult> {
  const { clusterCount } = options
  let centroids = start
  let clusters: Int32Array = new Int32Array(points.count).fill(-1)
  for (let iteration = 0; ; iteration++) {
    const next = (await nearestCentroids(tensor, centroids, clusterCount)).clusters
    const settled = next.every((cluster, index) => cluster === clusters[index])
    clusters = next
    if (settled || iteration >= options.iterations) {
      if (!settled) {
        repairEmptyClusters(points, clusters, clusterCount)
        centroids = meansOf(points, clusters, centroids, clusterCount, options.metric === 'cosine')
      }
      const inertia = inertiaOf(points, clusters, centroids)
      return { clusters, centroids, inertia: options.metric === 'cosine' ? inertia / 2 : inertia }
    }
    repairEmptyClusters(points, clusters, clusterCount)
    centroids = meansOf(points, clusters, centroids, clusterCount, options.metric === 'cosine')
    if (follow.signal?.aborted) await pause(follow, 0)
  }
}

/**
 * Gives each empty cluster half of the largest one, in place, as long as that holds two different points.
 *
 * @param isMovable Which images may change their cluster; all where it is left out. Of the two halves the one that has such images goes.
 */
export function repairEmptyClusters(
  points: Embeddings,
  clusters: Int32Array,
  clusterCount: number,
  isMovable: (image: number) => boolean = () => true,
): void {
  const counts = new Int32Array(clusterCount)
  for (const cluster of clusters) counts[cluster]++
  const whole = new Set<number>()
  for (let empty = 0; empty < clusterCount; empty++) {
    while (counts[empty] === 0) {
      let largest = -1
      for (let cluster = 0; cluster < clusterCount; cluster++)
        if (counts[cluster] > 1 && !whole.has(cluster) && (largest < 0 || counts[cluster] > counts[largest])) largest = cluster
      if (largest < 0) return
      const members: number[] = []
      for (let index = 0; index < clusters.length; index++) if (clusters[index] === largest) members.push(index)
      const sides = splitCluster(points, members)
      const leaving = [1, 0]
        .map((half) => members.filter((image, member) => sides?.[member] === half && isMovable(image)))
        .find((images) => images.length > 0)
      if (!leaving) {
        whole.add(largest)
        continue
      }
      for (const image of leaving) clusters[image] = empty
      counts[empty] += leaving.length
      counts[largest] -= leaving.length
    }
  }
}

function meansOf(points: Embeddings, clusters: Int32Array, before: Float32Array, clusterCount: number, unit: boolean): Float32Array {
  const { values, count, dimension } = points
  const sums = new Float64Array(clusterCount * dimension)
  const counts = new Int32Array(clusterCount)
  for (let row = 0; row < count; row++) {
    const from = row * dimension
    const to = clusters[row] * dimension
    counts[clusters[row]]++
    for (let column = 0; column < dimension; column++) sums[to + column] += values[from + column]
  }
  const centroids = new Float32Array(before)
  for (let cluster = 0; cluster < clusterCount; cluster++) {
    if (counts[cluster] === 0) continue
    const start = cluster * dimension
    let divisor = counts[cluster]
    if (unit) {
      let sum = 0
      for (let column = 0; column < dimension; column++) sum += sums[start + column] ** 2
      divisor = Math.sqrt(sum)
      if (divisor === 0) continue
    }
    for (let column = 0; column < dimension; column++) centroids[start + column] = sums[start + column] / divisor
  }
  return centroids
}

/** Sum of squared distances to the own centroid. */
function inertiaOf(points: Embeddings, clusters: Int32Array, centroids: Float32Array): number {
  const { values, count, dimension } = points
  let inertia = 0
  for (let row = 0; row < count; row++) {
    const from = row * dimension
    const to = clusters[row] * dimension
    for (let column = 0; column < dimension; column++) inertia += (values[from + column] - centroids[to + column]) ** 2
  }
  return inertia
}

/** Points drawn with probability proportional to their squared distance from those drawn before. */
async function startingCentroids(
  tensor: tf.Tensor2D,
  points: Embeddings,
  squaredNorms: Float64Array,
  clusterCount: number,
  random: Random,
): Promise<Float32Array> {
  const drawnEachRound = Math.ceil(clusterCount / startRounds)
  const chosen = [random.integer(points.count)]
  const distances = new Float64Array(points.count).fill(Number.POSITIVE_INFINITY)
  let newest = [...chosen]
  while (chosen.length < clusterCount) {
    const { scores } = await nearestCentroids(tensor, rowsOf(points, newest).values, newest.length)
    let total = 0
    for (let index = 0; index < points.count; index++) {
      const distance = squaredNorms[index] - 2 * scores[index]
      // Rounding of the float32 product, not a distance.
      distances[index] = Math.min(distances[index], distance > 1e-6 * (1 + squaredNorms[index]) ? distance : 0)
    }
    for (const index of chosen) distances[index] = 0
    for (const distance of distances) total += distance
    newest = []
    while (newest.length < drawnEachRound && chosen.length < clusterCount) {
      const index = total > 0 ? drawByWeight(distances, random.uniform() * total) : random.integer(points.count)
      total -= distances[index]
      distances[index] = 0
      newest.push(index)
      chosen.push(index)
    }
  }
  return rowsOf(points, chosen).values
}

function drawByWeight(weights: Float64Array, target: number): number {
  let sum = 0
  let last = 0
  for (let index = 0; index < weights.length; index++) {
    if (weights[index] === 0) continue
    sum += weights[index]
    last = index
    if (sum > target) return index
  }
  return last
}

function rowSquaredNorms(points: Embeddings): Float64Array {
  const norms = new Float64Array(points.count)
  for (let index = 0; index < points.values.length; index++) norms[Math.floor(index / points.dimension)] += points.values[index] ** 2
  return norms
}

function columnMeans(embeddings: Embeddings): Float64Array {
  const means = new Float64Array(embeddings.dimension)
  for (let index = 0; index < embeddings.values.length; index++) means[index % embeddings.dimension] += embeddings.values[index]
  return means.map((sum) => sum / embeddings.count)
}

function shifted(embeddings: Embeddings, by: Float64Array): Embeddings {
  return { ...embeddings, values: embeddings.values.map((value, index) => value - by[index % embeddings.dimension]) }
}
