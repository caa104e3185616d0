import * as tf from '@tensorflow/tfjs'

/**
 * Crops, shifts, mirrors and blurs are separable: each is one matrix along the rows and one along the columns, different for
 * every image. As matrix products they run on every backend, for a whole batch at once, with static shapes.
 */

/**
 * Matrices that cut `length` pixels from `start` and resize them to `side`, with a triangle filter that widens when it
 * shrinks (PIL's antialiased bilinear), mirrored where `flip` is 1.
 *
 * @param start, length, flip `[batch]` float32: first pixel, number of pixels, 0 or 1.
 * @returns `[batch, side, inputSide]`, rows sum to 1.
 */
export function cropMatrices(start: tf.Tensor1D, length: tf.Tensor1D, flip: tf.Tensor1D, side: number, inputSide: number): tf.Tensor3D {
  return tf.tidy(() => {
    const first = column(start)
    const extent = column(length)
    const output = mirrored(flip, side)
    const scale = tf.div(extent, side)
    const centre = tf.sub(tf.add(first, tf.mul(tf.add(output, 0.5), scale)), 0.5)
    const input = tf.reshape(tf.range(0, inputSide), [1, 1, inputSide])
    const weights = tf.relu(tf.sub(1, tf.div(tf.abs(tf.sub(input, centre)), tf.maximum(scale, 1))))
    const inside = tf.logicalAnd(tf.greaterEqual(input, first), tf.less(input, tf.add(first, extent)))
    const kept = tf.mul(weights, tf.cast(inside, 'float32'))
    return tf.div(kept, tf.sum(kept, 2, true)) as tf.Tensor3D
  })
}

/**
 * Matrices that move an image by whole pixels, mirrored where `flip` is 1; what comes in from outside is zero.
 *
 * @param shift, flip `[batch]` float32: pixels by which the content moves towards the start, 0 or 1.
 * @returns `[batch, side, side]` of zeros and ones.
 */
export function shiftMatrices(shift: tf.Tensor1D, flip: tf.Tensor1D, side: number): tf.Tensor3D {
  return tf.tidy(() => {
    const source = tf.add(mirrored(flip, side), column(shift))
    const input = tf.reshape(tf.range(0, side), [1, 1, side])
    return tf.cast(tf.equal(input, source), 'float32') as tf.Tensor3D
  })
}

/**
 * Matrices of a Gaussian blur, renormalised at the borders.
 *
 * @param sigma `[batch]` float32, in pixels, at least 0; at 0.05 and below every pixel stays as it is.
 * @returns `[batch, side, side]`, rows sum to 1.
 */
export function blurMatrices(sigma: tf.Tensor1D, side: number): tf.Tensor3D {
  return tf.tidy(() => {
    const positions = tf.range(0, side)
    const distance = tf.square(tf.sub(tf.reshape(positions, [1, side, 1]), tf.reshape(positions, [1, 1, side])))
    const weights = tf.exp(tf.neg(tf.div(distance, tf.mul(tf.square(tf.maximum(column(sigma), 0.05)), 2))))
    return tf.div(weights, tf.sum(weights, 2, true)) as tf.Tensor3D
  })
}

/**
 * Applies one matrix along the rows and one along the columns of each image.
 *
 * @param images `[batch, inputSide, inputSide, channels]`. @param rows, columns `[batch, side, inputSide]`.
 * @returns `[batch, side, side, channels]`.
 */
export function resample(images: tf.Tensor4D, rows: tf.Tensor3D, columns: tf.Tensor3D): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, inputSide, , channels] = images.shape
    const side = rows.shape[1]
    const vertical = tf.matMul(rows, tf.reshape(images, [batch, inputSide, inputSide * channels]))
    const turned = tf.transpose(tf.reshape(vertical, [batch, side, inputSide, channels]), [0, 2, 1, 3])
    const horizontal = tf.matMul(columns, tf.reshape(turned, [batch, inputSide, side * channels]))
    return tf.transpose(tf.reshape(horizontal, [batch, side, side, channels]), [0, 2, 1, 3])
  })
}

function column(values: tf.Tensor1D): tf.Tensor3D {
  return tf.reshape(values, [values.shape[0], 1, 1])
}

/** `[batch, side, 1]`: 0 to side - 1, or the reverse where `flip` is 1. */
function mirrored(flip: tf.Tensor1D, side: number): tf.Tensor3D {
  const forward = tf.reshape(tf.range(0, side), [1, side, 1])
  const factor = tf.sub(1, tf.mul(column(flip), 2))
  return tf.add(tf.mul(forward, factor), tf.mul(column(flip), side - 1))
}
