import * as tf from '@tensorflow/tfjs'
import { cropMatrices, resample } from './resample.ts'

/** A part of every image, the same for all: a square by its corner and extent as shares of the side, 0-1, mirrored or not. */
export type RegularView = Readonly<{ top: number; left: number; extent: number; isMirrored: boolean }>

/**
 * The view of `[batch, inputSide, inputSide, channels]`, resized to `side` pixels with a filter that widens when it shrinks.
 */
export function applyRegularView(images: tf.Tensor4D, view: RegularView, side: number): tf.Tensor4D {
  const inputSide = images.shape[1]
  const isWhole = view.extent === 1 && view.top === 0 && view.left === 0
  if (isWhole && !view.isMirrored && side === inputSide) return tf.clone(images)
  return tf.tidy(() => {
    const one = (value: number): tf.Tensor1D => tf.tensor1d([value])
    const rows = cropMatrices(one(view.top * inputSide), one(view.extent * inputSide), one(0), side, inputSide)
    const columns = cropMatrices(one(view.left * inputSide), one(view.extent * inputSide), one(view.isMirrored ? 1 : 0), side, inputSide)
    return resample(images, rows, columns)
  })
}
