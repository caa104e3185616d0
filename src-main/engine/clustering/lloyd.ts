import * as tf from '@tensorflow/tfjs'
import type { Embeddings } from './embeddings.ts'

/** Products of images and centroids at a time. */
const blockBytes = 32 * 1024 * 1024
/** Relative error that a float32 product may have; bounds are drawn that much wider. */
const roundingError = 4e-6
/** When more than this share of the images must be looked at, all are: that saves gathering them. */
const gatherRatio = 0.6

/** Points with what is asked of them again and again. */
export type Points = Readonly<{
  points: Embeddings
  /** `[count]` */
  squaredNorms: Float64Array
  /** The points on the backend, `[count, dimension]`. */
  tensor: tf.Tensor2D
}>

/** Caller disposes the tensor. */
export function toPoints(points: Embeddings): Points {
  return {
    points,
    squaredNorms: squaredLengths(points.values, points.count, points.dimension),
    tensor: tf.tensor2d(points.values, [points.count, points.dimension]),
  }
}

export type LloydOptions = Readonly<{
  /** Rounds at most. */
  iterations: number
  /** Centroids are divided by their length. */
  hasUnitCentroids: boolean
  /** Gives empty clusters images, in place. */
  fillEmpty(clusters: Int32Array): void
  /** Asked after each round; throws to stop. */
  stop(): Promise<void> | undefined
}>

type LloydResult = Readonly<{
  clusters: Int32Array
  centroids: Float32Array
  /** Sum of squared distances to the own centroid. */
  inertia: number
}>

/**
 * Lloyd's rounds from these centroids until no image changes its cluster. Of each image an upper bound of the distance to its centroid
 * and a lower bound of the distance to any other are kept; while the one is below the other it cannot change, and is not looked at.
 * The clusters are those of plain rounds.
 *
 * @param start `[clusters, dimension]`
 * @source Hamerly, Making k-means even faster, 2010, Algorithm 1. Differs from the paper: images that must be looked at are compared with
 * all centroids at once, as a matrix product, and the distances between centroids, which say little in many dimensions, are not used.
 */
export async function lloyd(points: Points, start: Float32Array, options: LloydOptions): Promise<LloydResult> {
  const { count, dimension } = points.points
  const clusterCount = start.length / dimension
  const clusters = new Int32Array(count).fill(-1)
  const upper = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
  const lower = new Float64Array(count)
  const sums = createSums(points.points, clusterCount)
  const squaredTotal = points.squaredNorms.reduce((sum, norm) => sum + norm, 0)
  let centroids = start
  for (let iteration = 0; ; iteration++) {
    const changedCount = await assignNearest(points, centroids, doubtfulImages(upper, lower), { clusters, upper, lower, move: sums.move })
    if (changedCount === 0 || iteration >= options.iterations) {
      if (changedCount > 0) {
        if (sums.hasEmpty()) options.fillEmpty(clusters)
        sums.reset(clusters)
        centroids = sums.means(centroids, options.hasUnitCentroids)
      }
      return { clusters, centroids, inertia: squaredTotal + sums.squaredOffset(centroids) }
    }
    if (sums.hasEmpty()) {
      options.fillEmpty(clusters)
      sums.reset(clusters)
      upper.fill(Number.POSITIVE_INFINITY)
    }
    const next = sums.means(centroids, options.hasUnitCentroids)
    loosen(upper, lower, clusters, movements(centroids, next, clusterCount, dimension))
    centroids = next
    await options.stop()
  }
}

type Assignment = Readonly<{
  clusters: Int32Array
  upper: Float64Array
  lower: Float64Array
  /** Told of each image that changes its cluster; `from` is -1 where it had none. */
  move(image: number, from: number, to: number): void
}>

/** The images whose bounds do not say that they stay. */
function doubtfulImages(upper: Float64Array, lower: Float64Array): Int32Array {
  const doubtful = new Int32Array(upper.length)
  let doubtfulCount = 0
  for (let image = 0; image < upper.length; image++) if (!(upper[image] < lower[image])) doubtful[doubtfulCount++] = image
  return doubtful.subarray(0, doubtfulCount)
}

/** Gives these images their nearest centroid (lowest number on a tie) and both bounds; returns how many changed their cluster. */
async function assignNearest(
  { points, squaredNorms, tensor }: Points,
  centroids: Float32Array,
  images: Int32Array,
  { clusters, upper, lower, move }: Assignment,
): Promise<number> {
  const { count, dimension, values } = points
  const clusterCount = centroids.length / dimension
  const isWhole = images.length > gatherRatio * count
  const total = isWhole ? count : images.length
  const halfNorms = squaredLengths(centroids, clusterCount, dimension).map((norm) => norm / 2)
  const largest = 2 * halfNorms.reduce((most, half) => Math.max(most, half), 0)
  const centroidTensor = tf.tensor2d(centroids, [clusterCount, dimension])
  let changedCount = 0
  const blockRows = Math.max(1, Math.floor(blockBytes / (4 * Math.max(clusterCount, isWhole ? 1 : dimension))))
  try {
    for (let first = 0; first < total; first += blockRows) {
      const size = Math.min(blockRows, total - first)
      const products = tf.tidy(() => {
        const block = isWhole
          ? tensor.slice([first, 0], [size, dimension])
          : gathered(values, dimension, images.subarray(first, first + size))
        return tf.matMul(block, centroidTensor, false, true)
      })
      const scores = (await products.data()) as Float32Array
      products.dispose()
      for (let row = 0; row < size; row++) {
        const image = isWhole ? first + row : images[first + row]
        let best = -1
        let bestScore = Number.NEGATIVE_INFINITY
        let secondScore = Number.NEGATIVE_INFINITY
        for (let cluster = 0, at = row * clusterCount; cluster < clusterCount; cluster++, at++) {
          const score = scores[at] - halfNorms[cluster]
          if (score > bestScore) {
            secondScore = bestScore
            bestScore = score
            best = cluster
          } else if (score > secondScore) secondScore = score
        }
        const error = roundingError * (squaredNorms[image] + largest)
        upper[image] = Math.sqrt(Math.max(0, squaredNorms[image] - 2 * bestScore + error))
        lower[image] = Math.sqrt(Math.max(0, squaredNorms[image] - 2 * secondScore - error))
        if (clusters[image] === best) continue
        move(image, clusters[image], best)
        clusters[image] = best
        changedCount++
      }
    }
  } finally {
    centroidTensor.dispose()
  }
  return changedCount
}

function gathered(values: Float32Array, dimension: number, images: Int32Array): tf.Tensor2D {
  const rows = new Float32Array(images.length * dimension)
  for (let row = 0; row < images.length; row++)
    rows.set(values.subarray(images[row] * dimension, (images[row] + 1) * dimension), row * dimension)
  return tf.tensor2d(rows, [images.length, dimension])
}

/** Sums and counts of clusters, kept while images change. */
function createSums({ values, count, dimension }: Embeddings, clusterCount: number) {
  const sums = new Float64Array(clusterCount * dimension)
  const counts = new Int32Array(clusterCount)
  const add = (image: number, cluster: number, sign: 1 | -1): void => {
    const from = image * dimension
    const to = cluster * dimension
    counts[cluster] += sign
    if (sign > 0) for (let column = 0; column < dimension; column++) sums[to + column] += values[from + column]
    else for (let column = 0; column < dimension; column++) sums[to + column] -= values[from + column]
  }
  return {
    move(image: number, from: number, to: number): void {
      if (from >= 0) add(image, from, -1)
      add(image, to, 1)
    },
    reset(clusters: Int32Array): void {
      sums.fill(0)
      counts.fill(0)
      for (let image = 0; image < count; image++) add(image, clusters[image], 1)
    },
    hasEmpty: (): boolean => counts.includes(0),
    /** What is added to the sum of the images' squared lengths to give that of their squared distances to their centroids. */
    squaredOffset(centroids: Float32Array): number {
      let offset = 0
      for (let cluster = 0; cluster < clusterCount; cluster++)
        for (let at = cluster * dimension; at < (cluster + 1) * dimension; at++)
          offset += (counts[cluster] * centroids[at] - 2 * sums[at]) * centroids[at]
      return offset
    },
    /** `[clusters, dimension]`; an empty cluster keeps the centroid it had. */
    means(before: Float32Array, isUnit: boolean): Float32Array {
      const centroids = new Float32Array(before)
      for (let cluster = 0; cluster < clusterCount; cluster++) {
        const start = cluster * dimension
        let divisor = counts[cluster]
        if (divisor > 0 && isUnit) {
          let sum = 0
          for (let column = 0; column < dimension; column++) sum += sums[start + column] ** 2
          divisor = Math.sqrt(sum)
        }
        if (divisor > 0) for (let column = 0; column < dimension; column++) centroids[start + column] = sums[start + column] / divisor
      }
      return centroids
    },
  }
}

/** How far each centroid has moved. */
function movements(before: Float32Array, after: Float32Array, clusterCount: number, dimension: number): Float64Array {
  return squaredLengths(
    after.map((value, index) => value - before[index]),
    clusterCount,
    dimension,
  ).map(Math.sqrt)
}

/** Widens the bounds by what the centroids have moved. */
function loosen(upper: Float64Array, lower: Float64Array, clusters: Int32Array, moved: Float64Array): void {
  const farthest = moved.reduce((most, movement) => Math.max(most, movement), 0)
  const first = moved.indexOf(farthest)
  const second = moved.reduce((most, movement, cluster) => (cluster === first ? most : Math.max(most, movement)), 0)
  for (let image = 0; image < upper.length; image++) {
    const cluster = clusters[image]
    upper[image] += moved[cluster]
    lower[image] = Math.max(0, lower[image] - (cluster === first ? second : farthest))
  }
}

function squaredLengths(rows: Float32Array, count: number, dimension: number): Float64Array {
  const lengths = new Float64Array(count)
  for (let row = 0; row < count; row++)
    for (let column = 0; column < dimension; column++) lengths[row] += rows[row * dimension + column] ** 2
  return lengths
}
