import * as tf from '@tensorflow/tfjs'
import type { Parameter } from '#engine/ml/parameters.ts'

/** `count` numbers in [-1, 1] that look like noise: the twin of tests/golden/fixed_values.py. */
function wave(count: number, index: number): Float64Array {
  return Float64Array.from({ length: count }, (_, place) => Math.sin(0.37 * place + 0.0011 * place * place + 1.7 * index))
}

/** The rows that Python's `fixed_images` gives, `[count, dimension]`. */
export function fixedRows(count: number, dimension: number, index: number): tf.Tensor2D {
  return tf.tensor2d(Float32Array.from(wave(count * dimension, index)), [count, dimension])
}

/** The images that Python's `fixed_images` gives, channels last. */
export function fixedImages(batch: number, side: number, index: number): tf.Tensor4D {
  return tf.tidy(() => {
    const planes = tf.tensor4d(Float32Array.from(wave(batch * 3 * side * side, index)), [batch, 3, side, side])
    return tf.transpose(planes, [0, 2, 3, 1])
  })
}

/** Gives every parameter the value that Python's `fill` gives its twin. */
export function fillParameters(parameters: readonly Parameter[], offset: number): void {
  for (const [place, { name, kind, variable }] of parameters.entries()) {
    const fanIn = variable.shape.slice(0, -1).reduce((product, extent) => product * extent, 1)
    const [base, scale] =
      kind === 'weight' ? [0, 2 / Math.sqrt(fanIn)] : kind === 'scale' ? [1, 0.2] : name.endsWith('.variance') ? [1, 0.3] : [0, 0.1]
    const values = Float32Array.from(wave(variable.size, offset + place), (value) => base + scale * value)
    tf.tidy(() => variable.assign(fromPyTorch(values, variable.shape)))
  }
}

/** One number that changes with every value and its place: Python's `digest`, over PyTorch's layout. */
export function digest(tensor: tf.Tensor): number {
  const values = tf.tidy(() => toPyTorch(tensor).dataSync<'float32'>())
  return values.reduce((sum, value, place) => sum + value * Math.sin(0.9 * place + 0.3), 0)
}

/**
 * Largest difference between two lists, relative to the largest number of the expected one.
 */
export function relativeDeviation(actual: ArrayLike<number>, expected: readonly number[]): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  const largest = expected.reduce((peak, value) => Math.max(peak, Math.abs(value)), Number.MIN_VALUE)
  const worst = expected.reduce((peak, value, index) => Math.max(peak, Math.abs(actual[index]! - value)), 0)
  return Array.from(actual).every(Number.isFinite) ? worst / largest : Number.POSITIVE_INFINITY
}

/** Filters from `[out, in, height, width]` to `[height, width, in, out]`, matrices from `[out, in]` to `[in, out]`. */
function fromPyTorch(values: Float32Array, shape: readonly number[]): tf.Tensor {
  const [a = 0, b = 0, c = 0, d = 0] = shape
  if (shape.length === 4) return tf.transpose(tf.tensor4d(values, [d, c, a, b]), [2, 3, 1, 0])
  if (shape.length === 2) return tf.transpose(tf.tensor2d(values, [b, a]))
  return tf.tensor1d(values)
}

function toPyTorch(tensor: tf.Tensor): tf.Tensor {
  if (tensor.rank === 4) return tf.transpose(tensor, [3, 2, 0, 1])
  return tensor.rank === 2 ? tf.transpose(tensor) : tensor
}
