import * as tf from '@tensorflow/tfjs'
import { hasNativeOps, nativeOp } from '../native-ops.ts'

/**
 * Moves the pixels of each image by its own projective map, nearest pixel; black comes in from outside.
 *
 * @param images `[batch, side, side, channels]`. @param maps `[batch, 8]` from output to input: x' = (a0 x + a1 y + a2) / (c0 x + c1 y + 1).
 */
export function projectImages(images: tf.Tensor4D, maps: tf.Tensor2D): tf.Tensor4D {
  if (tf.getBackend() === 'cpu') return projectOneByOne(images, maps)
  if (!hasNativeOps()) return tf.image.transform(images, maps, 'nearest', 'constant', 0)
  return tf.tidy(() => {
    const size = tf.tensor1d([images.shape[1], images.shape[2]], 'int32')
    const attributes = { dtype: { type: 'float32' }, interpolation: { string: 'NEAREST' }, fill_mode: { string: 'CONSTANT' } } as const
    return nativeOp('ImageProjectiveTransformV3', attributes, [images, maps, size, tf.scalar(0)], 1)[0] as tf.Tensor4D
  })
}

/** TensorFlow.js 4.22 on plain JavaScript fills the first image of a batch alone. */
function projectOneByOne(images: tf.Tensor4D, maps: tf.Tensor2D): tf.Tensor4D {
  return tf.tidy(() => {
    const each = tf.split(images, images.shape[0], 0) as tf.Tensor4D[]
    return tf.concat(
      each.map((image, index) => tf.image.transform(image, tf.slice(maps, index, 1), 'nearest', 'constant', 0)),
      0,
    )
  })
}
