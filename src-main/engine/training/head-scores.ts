import * as tf from '@tensorflow/tfjs'
import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { computeValues } from '#engine/ml/compute-values.ts'

const blockRows = 2048

/**
 * What all heads say about features: for each head its `[images, clusters]` probabilities, row-major.
 *
 * @param score `[rows, dimension]` features to `[heads, rows, clusters]` probabilities.
 */
export async function scoreHeads(
  score: (features: tf.Tensor2D) => tf.Tensor3D,
  features: Embeddings,
  headCount: number,
  clusterCount: number,
): Promise<Float32Array[]> {
  const { count, dimension, values } = features
  const probabilities = Array.from({ length: headCount }, () => new Float32Array(count * clusterCount))
  for (let start = 0; start < count; start += blockRows) {
    const rows = Math.min(blockRows, count - start)
    const block = await computeValues(() => {
      const input = tf.tensor2d(values.subarray(start * dimension, (start + rows) * dimension), [rows, dimension])
      return score(input)
    })
    for (let head = 0; head < headCount; head++)
      probabilities[head].set(block.subarray(head * rows * clusterCount, (head + 1) * rows * clusterCount), start * clusterCount)
    await tf.nextFrame()
  }
  return probabilities
}
