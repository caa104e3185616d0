import * as tf from '@tensorflow/tfjs'
import type { Random } from '#engine/ml/random.ts'
import { type Embeddings, rowsOf } from './embeddings.ts'
import { type Points, toPoints } from './lloyd.ts'

/** Draws of the k-means++ start; up to this many clusters it is k-means++ exactly. */
const startRounds = 64
/** Of larger sets a random sample of this many points, or of so many for each cluster, gives the start. */
const sampleCount = 4096
const samplesPerCluster = 64

/** A random sample of points from which to start; undefined where they are so few that all serve. Caller disposes its tensor. */
export function samplePoints({ points }: Points, clusterCount: number, random: Random): Points | undefined {
  const wanted = Math.max(sampleCount, samplesPerCluster * clusterCount)
  return points.count > wanted ? toPoints(rowsOf(points, random.shuffled(points.count).subarray(0, wanted))) : undefined
}

/**
 * Points drawn with probability proportional to their squared distance from those drawn before (k-means++).
 *
 * @returns `[clusterCount, dimension]`
 * @source Arthur & Vassilvitskii 2007. Differs from the paper: above 64 clusters several points are drawn at once.
 */
export async function startingCentroids(
  { points, squaredNorms, tensor }: Points,
  clusterCount: number,
  random: Random,
): Promise<Float32Array> {
  const drawnEachRound = Math.ceil(clusterCount / startRounds)
  const chosen = [random.integer(points.count)]
  const distances = new Float64Array(points.count).fill(Number.POSITIVE_INFINITY)
  let newest = [...chosen]
  while (chosen.length < clusterCount) {
    const scores = await bestScores(tensor, rowsOf(points, newest))
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

/**
 * The same with several candidates in each draw, of which the one that leaves the least squared distance is taken: better starts, at the
 * price of more products, which a sample can bear.
 *
 * @source Arthur & Vassilvitskii 2007, section 5 (greedy k-means++), with 2 + ln(clusters) candidates.
 */
export async function greedyCentroids(
  { points, squaredNorms, tensor }: Points,
  clusterCount: number,
  random: Random,
): Promise<Float32Array> {
  const { count } = points
  const trials = 2 + Math.floor(Math.log(clusterCount))
  const distances = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
  const chosen: number[] = []
  let total = Number.POSITIVE_INFINITY
  while (chosen.length < clusterCount) {
    const candidates = Array.from({ length: chosen.length === 0 ? 1 : trials }, () =>
      total > 0 && chosen.length > 0 ? drawByWeight(distances, random.uniform() * total) : random.integer(count),
    )
    const products = await productsWith(tensor, rowsOf(points, candidates))
    const toCandidate = (image: number, trial: number): number => {
      const distance = squaredNorms[image] + squaredNorms[candidates[trial]] - 2 * products[image * candidates.length + trial]
      return Math.min(distances[image], distance > 1e-6 * (1 + squaredNorms[image]) ? distance : 0)
    }
    const left = candidates.map((_, trial) => {
      let sum = 0
      for (let image = 0; image < count; image++) sum += toCandidate(image, trial)
      return sum
    })
    total = Math.min(...left)
    const best = left.indexOf(total)
    for (let image = 0; image < count; image++) distances[image] = toCandidate(image, best)
    chosen.push(candidates[best])
  }
  return rowsOf(points, chosen).values
}

async function productsWith(tensor: tf.Tensor2D, { values, count, dimension }: Embeddings): Promise<Float32Array> {
  const products = tf.tidy(() => tf.matMul(tensor, tf.tensor2d(values, [count, dimension]), false, true))
  const found = (await products.data()) as Float32Array
  products.dispose()
  return found
}

/** For each point x the greatest x.c - |c|^2 / 2 over the centroids c. */
async function bestScores(tensor: tf.Tensor2D, { values, count, dimension }: Embeddings): Promise<Float32Array> {
  const scores = tf.tidy(() => {
    const centroids = tf.tensor2d(values, [count, dimension])
    return tf.matMul(tensor, centroids, false, true).sub(centroids.square().sum(1).mul(0.5)).max(1)
  })
  const found = (await scores.data()) as Float32Array
  scores.dispose()
  return found
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
