import * as tf from '@tensorflow/tfjs'
import { crossEntropy } from './cross-entropy.ts'

/**
 * Cross-entropy that takes probabilities for logits, so that a softmax is applied twice: -log softmax(softmax(z))[y].
 *
 * Between {@link doubleSoftmaxFloor} (certain and right) and log(e - 1 + K) (certain and wrong); log K where all classes are
 * equally likely. The gradient vanishes where a head is certain, right or wrong, which makes it robust against wrong labels.
 *
 * @param logits `[..., classes]`. @param labels `[...]` int32.
 * @returns scalar, mean over all rows, in nats.
 * @source SPICE, sem_head: `nn.CrossEntropyLoss` on the output of a softmax.
 */
export function doubleSoftmaxCrossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  return tf.mean(crossEntropy(tf.softmax(logits), labels))
}

/** The least that {@link doubleSoftmaxCrossEntropy} can be for `classCount` classes: log((e + K - 1) / e). */
export function doubleSoftmaxFloor(classCount: number): number {
  return Math.log((Math.E + classCount - 1) / Math.E)
}
