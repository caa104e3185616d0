import * as tf from '@tensorflow/tfjs'

/** Mean and deviation of ImageNet's channels, 0-1: what the published code normalises by. */
const channelMean = [0.485, 0.456, 0.406]
const channelDeviation = [0.229, 0.224, 0.225]

/** `[batch, side, side, 3]` of 0-255 to about -2 to 2, by ImageNet's mean and deviation. */
export function normalizeImages(images: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() =>
    tf.mul(
      tf.sub(
        images,
        channelMean.map((mean) => mean * 255),
      ),
      channelDeviation.map((deviation) => 1 / (deviation * 255)),
    ),
  )
}

/** Images that {@link normalizeImages} gave, as -1 to 1. */
export function toSignedRange(images: tf.Tensor4D): tf.Tensor4D {
  return tf.add(
    tf.mul(
      images,
      channelDeviation.map((deviation) => deviation * 2),
    ),
    channelMean.map((mean) => mean * 2 - 1),
  )
}
