import * as tf from '@tensorflow/tfjs'
import type { Random } from '../random.ts'
import { normalizeImages } from './normalize.ts'
import { resample, shiftMatrices } from './resample.ts'

/** The chance of one batch of weak views; `[batch]` each. */
export type WeakView = Readonly<{ shiftDown: Float32Array; shiftRight: Float32Array; flip: Float32Array }>

/** Draws a random crop after padding by `padding` pixels, and a mirror image half of the time. */
export function drawWeakView(random: Random, batch: number, padding: number): WeakView {
  const shift = (): Float32Array => Float32Array.from({ length: batch }, () => random.integer(2 * padding + 1) - padding)
  return { shiftDown: shift(), shiftRight: shift(), flip: Float32Array.from({ length: batch }, () => (random.uniform() < 0.5 ? 1 : 0)) }
}

/** Moves and mirrors `[batch, side, side, 3]` of 0-255; what comes in from outside is black. */
export function shiftImages(images: tf.Tensor4D, view: WeakView): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, side] = images.shape
    const rows = shiftMatrices(tf.tensor1d(view.shiftDown), tf.zeros([batch]) as tf.Tensor1D, side)
    const columns = shiftMatrices(tf.tensor1d(view.shiftRight), tf.tensor1d(view.flip), side)
    return resample(images, rows, columns)
  })
}

/** The weak view of SPICE and FixMatch: shifted, mirrored, normalised. */
export function applyWeakView(images: tf.Tensor4D, view: WeakView): tf.Tensor4D {
  return tf.tidy(() => normalizeImages(shiftImages(images, view)))
}
