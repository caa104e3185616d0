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
  const targets = confidentTargets(weakLogits, thresholds)
  const losses = tf.mul(targets, tf.sub(tf.logSumExp(strongLogits, 1, true), strongLogits))
  const pseudoLabels = tf.argMax(weakLogits, 1) as tf.Tensor1D
  return { loss: tf.mean(tf.sum(losses, 1)) as tf.Scalar, maskRate: tf.mean(tf.sum(targets, 1)) as tf.Scalar, pseudoLabels }
}

/** `[batch, classes]`: the pseudo-label of each row as one-hot, or zeros where it does not count. A constant for gradients. */
function confidentTargets(weakLogits: tf.Tensor2D, thresholds: tf.Tensor1D): tf.Tensor2D {
  const target = tf.customGrad((logits) => {
    const probabilities = tf.softmax(logits as tf.Tensor2D)
    const oneHot = tf.cast(tf.oneHot(tf.argMax(probabilities, 1) as tf.Tensor1D, probabilities.shape[1]), 'float32')
    const needed = tf.sum(tf.mul(oneHot, thresholds), 1)
    const counts = tf.cast(tf.greaterEqual(tf.max(probabilities, 1), needed), 'float32')
    return { value: tf.mul(oneHot, tf.expandDims(counts, 1)), gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) }
  })
  return target(weakLogits) as tf.Tensor2D
}

/** Mean cross-entropy of labelled images; `logits` `[batch, classes]`, `labels` `[batch]` int32; scalar, in nats. */
export function labeledLoss(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return tf.mean(crossEntropy(logits, labels))
}
