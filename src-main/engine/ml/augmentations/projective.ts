import * as tf from '@tensorflow/tfjs'
import { hasNativeOps, nativeOp } from '../native-ops.ts'

/**
 * Moves the pixels of each image by its own projective map, nearest pixel; black comes in from outside.
 *
 * @param images `[batch, side, side, channels]`. @param maps `[batch, 8]` from output to input: x' = (a0 x + a1 y + a2) / (c0 x + c1 y + 1).
 */
export function projectImages(images: tf.Tensor4D, maps: tf.Tensor2D): tf.Tensor4D {
  if (!hasNativeOps()) return tf.image.transform(images, maps, 'nearest', 'constant', 0)
  return tf.tidy(() => {
    const size = tf.tensor1d([images.shape[1], images.shape[2]], 'int32')
    const attributes = { dtype: { type: 'float32' }, interpolation: { string: 'NEAREST' }, fill_mode: { string: 'CONSTANT' } } as const
    return nativeOp('ImageProjectiveTransformV3', attributes, [images, maps, size, tf.scalar(0)], 1)[0] as tf.Tensor4D
  })
}
