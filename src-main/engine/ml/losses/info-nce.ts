import * as tf from '@tensorflow/tfjs'

/**
 * Cross-entropy of finding each query's own key among the queue's keys (InfoNCE, MoCo's equation 1).
 *
 * @param queries `[batch, dim]`, rows L2-normalised.
 * @param keys `[batch, dim]`, rows L2-normalised; row i is the positive of query i. No gradient flows into them.
 * @param queue `[queueSize, dim]`, rows L2-normalised: the negatives.
 * @param temperature τ > 0.
 * @returns `loss`, scalar, mean over the batch, in nats: log(1 + queueSize) where all are equally similar; `accuracy`, scalar,
 * share of the queries whose own key is the most similar, 0-1.
 * @source He et al. 2020, "Momentum Contrast", section 3.1, Algorithm 1.
 */
export function infoNce(
  queries: tf.Tensor2D,
  keys: tf.Tensor2D,
  queue: tf.Tensor2D,
  temperature: number,
): { loss: tf.Scalar; accuracy: tf.Scalar } {
  if (!(temperature > 0)) throw new RangeError(`The temperature must be above 0, not ${temperature}.`)
  const positives = tf.sum(tf.mul(queries, keys), 1, true)
  const negatives = tf.matMul(queries, queue, false, true) as tf.Tensor2D
  const logits = tf.div(tf.concat([positives, negatives], 1), temperature)
  const loss = tf.mean(tf.sub(tf.logSumExp(logits, 1), tf.div(tf.squeeze(positives, [1]), temperature))) as tf.Scalar
  const accuracy = tf.mean(tf.cast(tf.greater(positives, tf.max(negatives, 1, true)), 'float32')) as tf.Scalar
  return { loss, accuracy }
}
