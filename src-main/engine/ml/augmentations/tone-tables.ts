import * as tf from '@tensorflow/tfjs'
import { type DrawnValues, shapeValues } from '../drawn-values.ts'
import { gatherRows } from '../gather-rows.ts'

/** Which tone operation each image gets; `[batch]` each. At most one of an image's entries differs from "nothing". */
export type ToneOperations<Values extends DrawnValues = Float32Array> = Readonly<{
  /** Share of black in the blend, 0-1; 0: nothing. */
  darken: Values
  /** Share of the image's mean grey in the blend, 0-1; 0: nothing. */
  flatten: Values
  /** 1 stretches every channel to 0-255; 0: nothing. */
  autocontrast: Values
  /** 1 makes all values of a channel about equally frequent; 0: nothing. */
  equalize: Values
  /** Value from which it is inverted; 256: nothing. */
  solarizeFrom: Values
  /** Step between the values that remain, a power of two; 1: nothing. */
  posterizeStep: Values
}>

const levels = 256

/**
 * Applies operations that depend on a pixel's own value and on its channel's histogram alone: one table of 256 values for each
 * channel of each image, built from the histogram, then one look-up.
 *
 * @param images `[batch, side, side, 3]` of whole numbers 0-255; so is the result.
 */
export function applyTones(images: tf.Tensor4D, tones: ToneOperations<DrawnValues>): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, height, width, channels] = images.shape
    const rowCount = batch * channels
    const offsets = tf.reshape(tf.range(0, rowCount * levels, levels), [batch, 1, 1, channels])
    const bins = tf.reshape(tf.cast(tf.add(images, offsets), 'int32'), [rowCount * height * width]) as tf.Tensor1D
    // Weights of float32: counts of int32 come back from WebGPU as the bits of floats.
    const counts = tf.bincount(bins, tf.tensor1d([], 'float32'), rowCount * levels)
    const histogram = tf.reshape(counts, [batch, channels, levels]) as tf.Tensor3D
    const tables = tf.reshape(toneTables(histogram, height * width, tones), [rowCount * levels])
    return tf.reshape(gatherRows(tables as tf.Tensor1D, bins), images.shape)
  })
}

/** `[batch, channels, 256]` counts to the new value of each value, same shape. */
function toneTables(histogram: tf.Tensor3D, pixelCount: number, tones: ToneOperations<DrawnValues>): tf.Tensor {
  const batch = histogram.shape[0]
  const each = (values: DrawnValues): tf.Tensor => shapeValues<tf.Rank.R3>(values, [batch, 1, 1])
  const values = tf.reshape(tf.range(0, levels), [1, 1, levels])
  const blended = blend(values, histogram, pixelCount, each(tones.darken), each(tones.flatten))
  const stretched = choose(each(tones.autocontrast), stretch(values, histogram), blended)
  const spread = choose(each(tones.equalize), equalize(values, histogram, pixelCount), stretched)
  const solarized = tf.where(tf.greaterEqual(spread, each(tones.solarizeFrom)), tf.sub(levels - 1, spread), spread)
  const step = each(tones.posterizeStep)
  return tf.mul(tf.floor(tf.div(solarized, step)), step)
}

/** PIL's ImageEnhance.Brightness and .Contrast. */
function blend(values: tf.Tensor, histogram: tf.Tensor3D, pixelCount: number, darken: tf.Tensor, flatten: tf.Tensor): tf.Tensor {
  const channelMeans = tf.div(tf.sum(tf.mul(histogram, values), 2), pixelCount)
  const meanLuma = tf.reshape(tf.sum(tf.mul(channelMeans, [0.299, 0.587, 0.114]), 1), [-1, 1, 1])
  const kept = tf.mul(values, tf.sub(tf.sub(1, darken), flatten))
  return tf.add(tf.round(tf.add(kept, tf.mul(flatten, tf.round(meanLuma)))), tf.zerosLike(histogram))
}

/** PIL's ImageOps.autocontrast without cut-off; a channel of one value stays. */
function stretch(values: tf.Tensor, histogram: tf.Tensor3D): tf.Tensor {
  const present = tf.cast(tf.greater(histogram, 0), 'float32')
  // Not by argMax, which takes any of several equal places on WebGPU.
  const low = tf.min(choose(present, values, tf.scalar(levels - 1)), 2, true)
  const high = tf.max(tf.mul(present, values), 2, true)
  const range = tf.sub(high, low)
  const isFlat = tf.cast(tf.lessEqual(range, 0), 'float32')
  const wide = tf.clipByValue(tf.floor(tf.div(tf.mul(tf.sub(values, low), levels - 1), tf.add(range, isFlat))), 0, levels - 1)
  return choose(isFlat, values, wide)
}

/**
 * PIL's ImageOps.equalize: step = (pixels - count of the highest value) / 255, value = (step / 2 + pixels below) / step.
 */
function equalize(values: tf.Tensor, histogram: tf.Tensor3D, pixelCount: number): tf.Tensor {
  const present = tf.cast(tf.greater(histogram, 0), 'float32')
  const fromTop = tf.cumsum(tf.reverse(present, 2), 2)
  const isHighest = tf.reverse(tf.mul(tf.cast(tf.equal(fromTop, 1), 'float32'), tf.reverse(present, 2)), 2)
  const atHighest = tf.sum(tf.mul(histogram, isHighest), 2, true)
  const step = tf.floor(tf.div(tf.sub(pixelCount, atHighest), levels - 1))
  const isFlat = tf.cast(tf.lessEqual(step, 0), 'float32')
  const safeStep = tf.add(step, isFlat)
  const below = tf.cumsum(histogram, 2, true)
  const spread = tf.clipByValue(tf.floor(tf.div(tf.add(tf.floor(tf.div(safeStep, 2)), below), safeStep)), 0, levels - 1)
  return choose(isFlat, values, spread)
}

/** `first` where `chosen` is 1, `second` where it is 0. */
function choose(chosen: tf.Tensor, first: tf.Tensor, second: tf.Tensor): tf.Tensor {
  return tf.add(tf.mul(chosen, first), tf.mul(tf.sub(1, chosen), second))
}
