import * as tf from '@tensorflow/tfjs'
import type { BatchNormMode } from '../batch-norm.ts'

/** A part of a backbone: `[batch, height, width, inputs]` to `[batch, height', width', outputs]`. */
export type Layer = (input: tf.Tensor4D, mode: BatchNormMode) => tf.Tensor4D

/** The layer that applies each of `layers` in turn; of what they compute on the way no more is held at a time than one layer needs. */
export function chain(layers: readonly Layer[]): Layer {
  const [first, ...others] = layers
  return others.reduce<Layer>((before, layer) => (input, mode) => tf.tidy(() => layer(before(input, mode), mode)), within(first))
}

function within(layer: Layer): Layer {
  return (input, mode) => tf.tidy(() => layer(input, mode))
}
