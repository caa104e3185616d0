import * as tf from '@tensorflow/tfjs'
import { type DrawnValues, shapeValues } from '../drawn-values.ts'
import type { Random } from '../random.ts'
import { normalizeImages } from './normalize.ts'
import { resample, shiftMatrices } from './resample.ts'

/** The chance of one batch of weak views; `[batch]` each. */
export type WeakView<Values extends DrawnValues = Float32Array> = Readonly<{ shiftDown: Values; shiftRight: Values; flip: Values }>

/** Draws a random crop after padding by `padding` pixels, and a mirror image with a probability of `flipProbability`. */
export function drawWeakView(random: Random, batch: number, padding: number, flipProbability: number): WeakView {
  const shift = (): Float32Array => Float32Array.from({ length: batch }, () => random.integer(2 * padding + 1) - padding)
  return {
    shiftDown: shift(),
    shiftRight: shift(),
    flip: Float32Array.from({ length: batch }, () => (random.uniform() < flipProbability ? 1 : 0)),
  }
}

/** Moves and mirrors `[batch, side, side, 3]` of 0-255; what comes in from outside is black. */
export function shiftImages(images: tf.Tensor4D, view: WeakView<DrawnValues>): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, side] = images.shape
    const each = (values: DrawnValues): tf.Tensor1D => shapeValues<tf.Rank.R1>(values, [batch])
    const rows = shiftMatrices(each(view.shiftDown), tf.zeros([batch]) as tf.Tensor1D, side)
    const columns = shiftMatrices(each(view.shiftRight), each(view.flip), side)
    return resample(images, rows, columns)
  })
}

/** The weak view of SPICE and FixMatch: shifted, mirrored, normalised. */
export function applyWeakView(images: tf.Tensor4D, view: WeakView<DrawnValues>): tf.Tensor4D {
  return tf.tidy(() => normalizeImages(shiftImages(images, view)))
}
