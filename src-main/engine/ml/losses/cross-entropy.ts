import * as tf from '@tensorflow/tfjs'

/**
 * Negative log-probability of each row's label.
 *
 * @param logits `[..., classes]`, not normalised.
 * @param labels `[...]` int32, 0 to classes - 1.
 * @returns `[...]` float32, in nats, at least 0.
 * @throws RangeError when the labels' shape is not that of the rows, which would be spread over them unseen.
 */
export function crossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const classCount = logits.shape.at(-1)!
  if (!tf.util.arraysEqual(labels.shape, logits.shape.slice(0, -1)))
    throw new RangeError(`Labels [${labels.shape}] do not fit logits [${logits.shape}].`)
  const chosen = tf.sum(tf.mul(tf.oneHot(tf.cast(labels, 'int32'), classCount), logits), -1)
  return tf.sub(tf.logSumExp(logits, -1), chosen)
}
