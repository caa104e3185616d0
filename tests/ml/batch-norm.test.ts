import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { createBatchNorm, normalizeBatch, publishedBatchNorm } from '#engine/ml/batch-norm.ts'
import { createParameterStore } from '#engine/ml/parameters.ts'
import { availableBackends, useBackend } from '../backends.ts'
import golden from '../golden/batch_norm.json' with { type: 'json' }
import { relativeDeviation } from './fixed-values.ts'

/** 18 values a channel, all of order 1: a few roundings of float32 (6e-8) each, doubled by the division by the deviation. */
const tolerance = 5e-6

const shape = golden.shape as [number, number, number, number]

describe.each(await availableBackends())('batch norm on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  it('equals PyTorch: output, gradients, running statistics after two updates, inference', async () => {
    const store = createParameterStore(1)
    const normalize = createBatchNorm(store, 'norm', 2, publishedBatchNorm)
    const [scale, offset, mean, variance] = store.parameters.map(({ variable }) => variable)
    tf.tidy(() => {
      scale!.assign(tf.tensor1d(golden.scale))
      offset!.assign(tf.tensor1d(golden.offset))
    })
    const first = tf.tensor4d(golden.first, shape)
    const second = tf.tensor4d(golden.second, shape)
    const weights = tf.tensor4d(golden.outputWeights, shape)
    const epsilon = publishedBatchNorm.epsilon
    const gradients = tf.grads((x, gamma, beta) => {
      const result = normalizeBatch(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, epsilon)
      tf.dispose([result.mean, result.variance])
      return tf.sum(tf.mul(result.output, weights))
    })([first, scale!, offset!])
    const output = normalize(first, 'batch')
    const ignored = tf.tidy(() => normalize(second, 'batch'))
    const inference = normalize(first, 'running')
    const read = async (tensor: tf.Tensor, expected: number[]): Promise<number> => relativeDeviation(await tensor.data(), expected)
    expect(await read(output, golden.output)).toBeLessThan(tolerance)
    expect(await read(gradients[0]!, golden.inputGradient)).toBeLessThan(tolerance)
    expect(await read(gradients[1]!, golden.scaleGradient)).toBeLessThan(tolerance)
    expect(await read(gradients[2]!, golden.offsetGradient)).toBeLessThan(tolerance)
    expect(await read(mean!, golden.mean)).toBeLessThan(tolerance)
    expect(await read(variance!, golden.variance)).toBeLessThan(tolerance)
    expect(await read(inference, golden.inference)).toBeLessThan(tolerance)
    tf.dispose([ignored, inference, output])
    store.dispose()
    tf.dispose([first, second, weights, ...gradients])
  })

  it('keeps no tensor over a step in a tidy with a gradient', () => {
    const store = createParameterStore(1)
    const normalize = createBatchNorm(store, 'norm', 2, publishedBatchNorm)
    const input = tf.tensor4d(golden.first, shape)
    const before = tf.memory().numTensors
    for (let step = 0; step < 3; step++) {
      const { value, grads } = tf.variableGrads(() => tf.sum(normalize(input, 'batch')) as tf.Scalar)
      tf.dispose([value, grads])
      expect(tf.memory().numTensors).toBe(before)
    }
    input.dispose()
    store.dispose()
  })
})
