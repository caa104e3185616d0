import * as tf from '@tensorflow/tfjs'
import { crossEntropy } from './cross-entropy.ts'

/**
 * FixMatch's loss of unlabelled images: cross-entropy of the strong view against the class of the weak view, where that class
 * is probable enough.
 *
 * @param weakLogits `[batch, classes]`; no gradient flows into them.
 * @param strongLogits `[batch, classes]`.
 * @param thresholds `[classes]` probability from which a pseudo-label of that class counts, 0-1 (FixMatch: one value for all).
 * @returns `loss`, scalar, mean over the whole batch with masked-out rows as 0; `maskRate`, scalar, share of the rows that count;
 * `pseudoLabels`, `[batch]` int32.
 * @source Sohn et al. 2020, "FixMatch", equation 4; class-wise thresholds: Wang et al. 2023, "FreeMatch", section 4.
 */
export function unlabeledLoss(
  weakLogits: tf.Tensor2D,
  strongLogits: tf.Tensor2D,
  thresholds: tf.Tensor1D,
): { loss: tf.Scalar; maskRate: tf.Scalar; pseudoLabels: tf.Tensor1D } {
  const probabilities = tf.softmax(weakLogits)
  const pseudoLabels = tf.argMax(probabilities, 1) as tf.Tensor1D
  const mask = tf.cast(tf.greaterEqual(tf.max(probabilities, 1), tf.gather(thresholds, pseudoLabels)), 'float32')
  const loss = tf.mean(tf.mul(mask, crossEntropy(strongLogits, pseudoLabels))) as tf.Scalar
  return { loss, maskRate: tf.mean(mask) as tf.Scalar, pseudoLabels }
}

/** Mean cross-entropy of labelled images; `logits` `[batch, classes]`, `labels` `[batch]` int32; scalar, in nats. */
export function labeledLoss(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return tf.mean(crossEntropy(logits, labels))
}
