import * as tf from '@tensorflow/tfjs'
import { hasNativeOps, nativeOp } from './native-ops.ts'
import type { Initializer, ParameterStore } from './parameters.ts'

export type ConvolutionOptions = Readonly<{ inputs: number; outputs: number; kernel: 1 | 3 | 7; stride: 1 | 2; initializer: Initializer }>

/**
 * A convolution without bias over `[batch, height, width, inputs]`, padded by (kernel - 1) / 2 zeros on every side, as in
 * PyTorch: with stride 2 TensorFlow's own "same" would pad the right and bottom sides only.
 */
export function createConvolution(store: ParameterStore, name: string, options: ConvolutionOptions): (input: tf.Tensor4D) => tf.Tensor4D {
  const { inputs, outputs, kernel, stride, initializer } = options
  const filter = store.create(`${name}.filter`, 'weight', [kernel, kernel, inputs, outputs], initializer) as tf.Variable<tf.Rank.R4>
  if (stride === 1) return (input) => tf.conv2d(input, filter, 1, 'same')
  // Every second pixel first, then stride 1: the same result, and TensorFlow 2.21 corrupts memory in the filter gradient of a
  // 1x1 kernel with stride 2, few channels and an odd batch.
  if (kernel === 1) return (input) => tf.conv2d(tf.avgPool(input, 1, 2, 'valid'), filter, 1, 'valid')
  const border = (kernel - 1) / 2
  return (input) => tf.conv2d(padPlane(input, border), filter, stride, 'valid')
}

export type BiasedConvolutionOptions = Readonly<{ inputs: number; outputs: number; kernel: 1 | 3; stride: 1 | 2; initializer: Initializer }>

/** A convolution with bias over `[batch, height, width, inputs]`, padded as TensorFlow's "same": with stride 2 more at right and bottom. */
export function createBiasedConvolution(
  store: ParameterStore,
  name: string,
  options: BiasedConvolutionOptions,
): (input: tf.Tensor4D) => tf.Tensor4D {
  const { inputs, outputs, kernel, stride, initializer } = options
  const filter = store.create(`${name}.filter`, 'weight', [kernel, kernel, inputs, outputs], initializer) as tf.Variable<tf.Rank.R4>
  const bias = store.create(`${name}.bias`, 'bias', [outputs], 'zeros')
  return (input) => tf.add(tf.conv2d(input, filter, stride, 'same'), bias)
}

/** A 3x3 convolution of each channel by itself, with bias; padded as {@link createBiasedConvolution}. */
export function createDepthwiseConvolution(
  store: ParameterStore,
  name: string,
  { channels, stride, initializer }: Readonly<{ channels: number; stride: 1 | 2; initializer: Initializer }>,
): (input: tf.Tensor4D) => tf.Tensor4D {
  const filter = store.create(`${name}.filter`, 'weight', [3, 3, channels, 1], initializer) as tf.Variable<tf.Rank.R4>
  const bias = store.create(`${name}.bias`, 'bias', [channels], 'zeros')
  return (input) => tf.add(tf.depthwiseConv2d(input, filter, stride, 'same'), bias)
}

/** `[batch, inputs]` to `[batch, outputs]`, with bias. */
export function createDense(
  store: ParameterStore,
  name: string,
  inputs: number,
  outputs: number,
  initializer: Initializer,
): (input: tf.Tensor2D) => tf.Tensor2D {
  const weight = store.create(`${name}.weight`, 'weight', [inputs, outputs], initializer) as tf.Variable<tf.Rank.R2>
  const bias = store.create(`${name}.bias`, 'bias', [outputs], initializer, inputs) as tf.Variable<tf.Rank.R1>
  return (input) => tf.add(tf.matMul(input, weight), bias)
}

/**
 * max(0, x). On TensorFlow the gradient is one native operation instead of a step function and a product.
 */
export function relu<T extends tf.Tensor>(input: T): T {
  if (!hasNativeOps()) return tf.relu(input)
  const rectify = tf.customGrad((x, save) => {
    const value = tf.relu(x as tf.Tensor)
    ;(save as tf.GradSaveFunc)([value])
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => nativeOp('ReluGrad', { T: { type: 'float32' } }, [dy, saved[0]!], 1)[0]!,
    }
  })
  return rectify(input) as T
}

/** min(max(0, x), 6). On TensorFlow the gradient is one native operation. */
export function relu6<T extends tf.Tensor>(input: T): T {
  if (!hasNativeOps()) return tf.relu6(input)
  const rectify = tf.customGrad((x, save) => {
    const value = tf.relu6(x as tf.Tensor)
    ;(save as tf.GradSaveFunc)([value])
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => nativeOp('Relu6Grad', { T: { type: 'float32' } }, [dy, saved[0]!], 1)[0]!,
    }
  })
  return rectify(input) as T
}

/**
 * x above zero, slope * x below. On TensorFlow the gradient is one native operation.
 *
 * @param slope 0-1.
 */
export function leakyRelu<T extends tf.Tensor>(input: T, slope: number): T {
  if (!hasNativeOps()) return tf.leakyRelu(input, slope)
  const rectify = tf.customGrad((x, save) => {
    ;(save as tf.GradSaveFunc)([x as tf.Tensor])
    return {
      value: tf.leakyRelu(x as tf.Tensor, slope),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        nativeOp('LeakyReluGrad', { T: { type: 'float32' }, alpha: { float: slope } }, [dy, saved[0]!], 1)[0]!,
    }
  })
  return rectify(input) as T
}

/**
 * Max-pool with stride 2 over maps that are not negative, where a border of zeros is as good as PyTorch's border of -infinity.
 */
export function maxPool(input: tf.Tensor4D, { window, border }: Readonly<{ window: 2 | 3; border: 1 }>): tf.Tensor4D {
  return tf.maxPool(padPlane(input, border), window, 2, 'valid')
}

/** Zeros around height and width of `[batch, height, width, channels]`. */
function padPlane(input: tf.Tensor4D, border: number): tf.Tensor4D {
  return tf.pad(input, [
    [0, 0],
    [border, border],
    [border, border],
    [0, 0],
  ])
}

/** Mean over height and width: `[batch, height, width, channels]` to `[batch, channels]`. */
export function globalAveragePool(input: tf.Tensor4D): tf.Tensor2D {
  return tf.mean(input, [1, 2])
}
