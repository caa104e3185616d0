import type * as tf from '@tensorflow/tfjs'
import type { BatchNormMode } from '../batch-norm.ts'

/** A part of a backbone: `[batch, height, width, inputs]` to `[batch, height', width', outputs]`. */
export type Layer = (input: tf.Tensor4D, mode: BatchNormMode) => tf.Tensor4D

/** The layer that applies each of `layers` in turn. */
export function chain(layers: readonly Layer[]): Layer {
  return (input, mode) => layers.reduce((map, layer) => layer(map, mode), input)
}
