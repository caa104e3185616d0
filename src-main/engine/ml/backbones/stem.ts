import type * as tf from '@tensorflow/tfjs'
import { type BatchNormMode, createBatchNorm, publishedBatchNorm } from '../batch-norm.ts'
import { createConvolution, relu } from '../layers.ts'
import type { Initializer, ParameterStore } from '../parameters.ts'
import type { Layer } from './layer.ts'

export type StemOptions = Readonly<{ kernel: 3 | 7; stride: 1 | 2; outputs: number; initializer: Initializer }>

/** The first layers of a ResNet: `[batch, side, side, 3]` through convolution, batch norm and ReLU to `outputs` channels. */
export function createStem(store: ParameterStore, options: StemOptions): Layer {
  const convolve = createConvolution(store, 'stem', { inputs: 3, ...options })
  const normalize = createBatchNorm(store, 'stem.norm', options.outputs, publishedBatchNorm)
  return (images: tf.Tensor4D, mode: BatchNormMode) => relu(normalize(convolve(images), mode))
}
