import * as tf from '@tensorflow/tfjs'
import { type Embeddings, type MadeRows, rowsBetween } from '#engine/clustering/embeddings.ts'
import { computeValues } from '#engine/ml/compute-values.ts'

const blockRows = 2048

/**
 * What one head says about features: `[images, clusters]` probabilities, row-major.
 *
 * @param score `[rows, dimension]` features to `[rows, clusters]` probabilities.
 */
export async function scoreHead(
  score: (features: tf.Tensor2D) => tf.Tensor,
  features: Embeddings | MadeRows,
  clusterCount: number,
): Promise<Float32Array> {
  const { count, dimension } = features
  const probabilities = new Float32Array(count * clusterCount)
  for (let start = 0; start < count; start += blockRows) {
    const rows = Math.min(blockRows, count - start)
    const block = await computeValues(() => {
      const input = tf.tensor2d(rowsBetween(features, start, start + rows), [rows, dimension])
      return score(input)
    })
    probabilities.set(block, start * clusterCount)
    await tf.nextFrame()
  }
  return probabilities
}
