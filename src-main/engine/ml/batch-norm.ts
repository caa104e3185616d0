import * as tf from '@tensorflow/tfjs'
import { hasNativeOps, nativeOp } from './native-ops.ts'
import type { ParameterStore } from './parameters.ts'

/**
 * Which statistics batch norm uses: those of the `batch` (training; the running ones are updated), the `running` ones, or those of the
 * batch `alone` (the running ones stay as they are).
 */
export type BatchNormMode = 'batch' | 'running' | 'alone'

/** Normalises each channel of `[batch, height, width, channels]`. */
export type BatchNorm = (input: tf.Tensor4D, mode: BatchNormMode) => tf.Tensor4D

export type BatchNormOptions = Readonly<{
  /** Added to the variance; 1e-5 in PyTorch's layers. */
  epsilon: number
  /** Share of the batch's statistics that enters the running ones at each update, 0-1; 0.1 in PyTorch's layers. */
  statisticsMomentum: number
}>

/** The settings of PyTorch's layers, which every published ResNet uses. */
export const publishedBatchNorm: BatchNormOptions = { epsilon: 1e-5, statisticsMomentum: 0.1 }

type BatchResult = Readonly<{ output: tf.Tensor4D; mean: tf.Tensor1D; variance: tf.Tensor1D }>

/**
 * Batch normalisation with learned scale and offset over the last axis.
 *
 * The running variance is the unbiased one, as PyTorch and TensorFlow keep it; the batch is normalised by the biased one.
 *
 * @source Ioffe & Szegedy 2015, Algorithm 1.
 */
export function createBatchNorm(store: ParameterStore, name: string, channels: number, options: BatchNormOptions): BatchNorm {
  const scale = store.create(`${name}.scale`, 'scale', [channels], 'ones')
  const offset = store.create(`${name}.offset`, 'offset', [channels], 'zeros')
  const runningMean = store.create(`${name}.mean`, 'statistic', [channels], 'zeros')
  const runningVariance = store.create(`${name}.variance`, 'statistic', [channels], 'ones')
  const { epsilon, statisticsMomentum } = options
  return (input, mode) => {
    if (mode === 'running')
      return tf.batchNorm(
        input,
        runningMean as tf.Tensor1D,
        runningVariance as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
        epsilon,
      )
    const { output, mean, variance } = normalizeBatch(input, scale as tf.Tensor1D, offset as tf.Tensor1D, epsilon)
    if (mode === 'batch') {
      blend(runningMean, mean, statisticsMomentum)
      blend(runningVariance, variance, statisticsMomentum)
    }
    tf.dispose([mean, variance])
    return output
  }
}

/** running = (1 - share) * running + share * batch, outside of any gradient. */
function blend(running: tf.Variable, batch: tf.Tensor1D, share: number): void {
  tf.tidy(() => running.assign(tf.add(tf.mul(running, 1 - share), tf.mul(batch, share))))
}

/**
 * The normalised batch with its mean and unbiased variance; differentiable in input, scale and offset. Caller disposes mean and
 * variance also inside of a tidy, where the native ones would stay.
 */
export function normalizeBatch(input: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D, epsilon: number): BatchResult {
  return hasNativeOps() ? normalizeNatively(input, scale, offset, epsilon) : normalizeComposed(input, scale, offset, epsilon)
}

function normalizeNatively(input: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D, epsilon: number): BatchResult {
  const attributes = {
    T: { type: 'float32' },
    U: { type: 'float32' },
    epsilon: { float: epsilon },
    data_format: { string: 'NHWC' },
    is_training: { bool: true },
  } as const
  let mean!: tf.Tensor1D
  let variance!: tf.Tensor1D
  const normalize = tf.customGrad((x, gamma, beta, save) => {
    const none = tf.tensor1d([], 'float32')
    const [y, batchMean, batchVariance, reserve1, reserve2, reserve3] = nativeOp(
      'FusedBatchNormV3',
      { ...attributes, exponential_avg_factor: { float: 1 } },
      [x as tf.Tensor, gamma as tf.Tensor, beta as tf.Tensor, none, none],
      6,
    )
    mean = tf.keep(batchMean as tf.Tensor1D)
    variance = tf.keep(batchVariance as tf.Tensor1D)
    ;(save as tf.GradSaveFunc)([x as tf.Tensor, gamma as tf.Tensor, reserve1!, reserve2!, reserve3!])
    return {
      value: y!,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedInput, savedScale, savedMean, savedInverse, savedExtra] = saved
        const gradients = nativeOp(
          'FusedBatchNormGradV3',
          attributes,
          [dy, savedInput!, savedScale!, savedMean!, savedInverse!, savedExtra!],
          5,
        )
        return gradients.slice(0, 3)
      },
    }
  })
  const output = normalize(input, scale, offset) as tf.Tensor4D
  return { output, mean, variance }
}

function normalizeComposed(input: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D, epsilon: number): BatchResult {
  const { mean, variance } = tf.moments(input, [0, 1, 2])
  const output = tf.batchNorm(input, mean as tf.Tensor1D, variance as tf.Tensor1D, offset, scale, epsilon)
  const count = input.shape[0] * input.shape[1] * input.shape[2]
  return { output, mean: mean as tf.Tensor1D, variance: tf.mul(variance, count / Math.max(1, count - 1)) as tf.Tensor1D }
}
