import * as tf from '@tensorflow/tfjs'
import { type BatchNormOptions, createBatchNorm } from '../batch-norm.ts'
import { createConvolution, leakyRelu } from '../layers.ts'
import type { ParameterStore } from '../parameters.ts'
import type { Layer } from './layer.ts'

/** FixMatch's settings: slow running statistics, and a leaky ReLU that passes a tenth of what is below zero. */
const wideBatchNorm: BatchNormOptions = { epsilon: 1e-5, statisticsMomentum: 0.001 }
const wideSlope = 0.1

/**
 * Which of its branches a block normalises and activates first: only the `residual` one (its shape stays), `both`, or `none`.
 */
type Activated = 'residual' | 'both' | 'none'

export type PreActivationBlockOptions = Readonly<{ inputs: number; outputs: number; stride: 1 | 2; activated: Activated }>

/** Batch norm and leaky ReLU. */
export function createActivation(store: ParameterStore, name: string, channels: number): Layer {
  const normalize = createBatchNorm(store, name, channels, wideBatchNorm)
  return (input, mode) => leakyRelu(normalize(input, mode), wideSlope)
}

/**
 * y = F(x) + shortcut(x), F = [activation,] 3x3 convolution, activation, 3x3 convolution. The shortcut is x itself, or a 1x1
 * convolution without batch norm where the shape changes.
 *
 * @source Zagoruyko & Komodakis 2016, Figure 1 (b).
 */
export function createPreActivationBlock(store: ParameterStore, name: string, options: PreActivationBlockOptions): Layer {
  const { inputs, outputs, stride, activated } = options
  const initializer = 'normal-fan-out'
  const activate1 = activated === 'none' ? undefined : createActivation(store, `${name}.norm1`, inputs)
  const convolve1 = createConvolution(store, `${name}.conv1`, { inputs, outputs, kernel: 3, stride, initializer })
  const activate2 = createActivation(store, `${name}.norm2`, outputs)
  const convolve2 = createConvolution(store, `${name}.conv2`, { inputs: outputs, outputs, kernel: 3, stride: 1, initializer })
  const project =
    inputs === outputs && stride === 1
      ? undefined
      : createConvolution(store, `${name}.shortcut`, { inputs, outputs, kernel: 1, stride, initializer })
  return (input, mode) => {
    const active = activate1 === undefined ? input : activate1(input, mode)
    const kept = activated === 'both' ? active : input
    const residual = convolve2(activate2(convolve1(active), mode))
    return tf.add(residual, project === undefined ? kept : project(kept))
  }
}
