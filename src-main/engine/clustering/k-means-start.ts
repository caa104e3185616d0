import * as tf from '@tensorflow/tfjs'
import type { Random } from '#engine/ml/random.ts'
import { type Embeddings, rowsOf } from './embeddings.ts'

/** Draws of the k-means++ start; up to this many clusters it is k-means++ exactly. */
const startRounds = 64
/** Larger sets are drawn from through a random sample of this many points, or of so many for each cluster. */
const sampleCount = 8192
const samplesPerCluster = 32

/**
 * Points drawn with probability proportional to their squared distance from those drawn before (k-means++).
 *
 * @param squaredNorms `[count]` of the points.
 * @returns `[clusterCount, dimension]`
 * @source Arthur & Vassilvitskii 2007. Differs from the paper: above 64 clusters several points are drawn at once, and above 8,192 points
 * they are drawn from a random sample. Lloyd's rounds on all points follow, and end at the same inertia.
 */
export async function startingCentroids(
  points: Embeddings,
  squaredNorms: Float64Array,
  clusterCount: number,
  random: Random,
): Promise<Float32Array> {
  const wanted = Math.max(sampleCount, samplesPerCluster * clusterCount)
  if (points.count <= wanted) return draw(points, squaredNorms, clusterCount, random)
  const sample = random.shuffled(points.count).subarray(0, wanted)
  const norms = Float64Array.from(sample, (row) => squaredNorms[row])
  return draw(rowsOf(points, sample), norms, clusterCount, random)
}

async function draw(points: Embeddings, squaredNorms: Float64Array, clusterCount: number, random: Random): Promise<Float32Array> {
  const drawnEachRound = Math.ceil(clusterCount / startRounds)
  const chosen = [random.integer(points.count)]
  const distances = new Float64Array(points.count).fill(Number.POSITIVE_INFINITY)
  const tensor = tf.tensor2d(points.values, [points.count, points.dimension])
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
  tensor.dispose()
  return rowsOf(points, chosen).values
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
