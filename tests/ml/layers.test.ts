import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { createConvolution, createDense, globalAveragePool, leakyRelu, maxPool, relu } from '#engine/ml/layers.ts'
import { createParameterStore } from '#engine/ml/parameters.ts'
import { availableBackends, useBackend } from '../backends.ts'
import { fixedImages, relativeDeviation } from './fixed-values.ts'

/** Sums of at most 147 products of order 1 in float32. */
const tolerance = 1e-5

type Maps = { values: Float32Array; height: number; width: number; channels: number }

/** A convolution by its definition: loops over everything, zeros outside. */
function slowConvolution({ values, height, width, channels }: Maps, filter: Float32Array, outputs: number, kernel: number, stride: number) {
  const border = (kernel - 1) / 2
  const result: number[] = []
  for (let top = 0; top < height; top += stride)
    for (let left = 0; left < width; left += stride)
      for (let output = 0; output < outputs; output++) {
        let sum = 0
        for (let row = 0; row < kernel; row++)
          for (let column = 0; column < kernel; column++) {
            const [y, x] = [top + row - border, left + column - border]
            if (y < 0 || y >= height || x < 0 || x >= width) continue
            for (let input = 0; input < channels; input++)
              sum += values[(y * width + x) * channels + input]! * filter[((row * kernel + column) * channels + input) * outputs + output]!
          }
        result.push(sum)
      }
  return result
}

describe.each(await availableBackends())('layers on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  it.each([
    [1, 1, 6],
    [1, 2, 6],
    [3, 1, 6],
    [3, 2, 6],
    [3, 2, 7],
    [7, 2, 8],
  ] as const)('a convolution with kernel %i and stride %i on a side of %i equals its definition', async (kernel, stride, side) => {
    const store = createParameterStore(4)
    const convolve = createConvolution(store, 'conv', { inputs: 3, outputs: 4, kernel, stride, initializer: 'normal-fan-out' })
    // A kernel of 1 with stride 2 is for even sides, as all maps of these networks have.
    const images = fixedImages(1, side, 1)
    const output = convolve(images)
    const filter = (await store.parameters[0]!.variable.data()) as Float32Array
    const maps = { values: (await images.data()) as Float32Array, height: side, width: side, channels: 3 }
    expect(relativeDeviation(await output.data(), slowConvolution(maps, filter, 4, kernel, stride))).toBeLessThan(tolerance)
    expect(output.shape).toEqual([1, Math.ceil(side / stride), Math.ceil(side / stride), 4])
    expect(store.parameters.map(({ name, kind }) => [name, kind])).toEqual([['conv.filter', 'weight']])
    tf.dispose([images, output])
    store.dispose()
  })

  it('a dense layer is a product and a bias', async () => {
    const store = createParameterStore(4)
    const apply = createDense(store, 'fc', 2, 3, 'uniform-fan-in')
    const [weight, bias] = await Promise.all(store.parameters.map(({ variable }) => variable.data()))
    const input = tf.tensor2d([1, -2, 0.5, 4], [2, 2])
    const output = apply(input)
    const expected = [0, 1].flatMap((row) =>
      [0, 1, 2].map((column) => {
        const [first, second] = row === 0 ? [1, -2] : [0.5, 4]
        return first! * weight![column]! + second! * weight![3 + column]! + bias![column]!
      }),
    )
    expect(relativeDeviation(await output.data(), expected)).toBeLessThan(tolerance)
    expect(store.parameters.map(({ name, kind }) => [name, kind])).toEqual([
      ['fc.weight', 'weight'],
      ['fc.bias', 'bias'],
    ])
    tf.dispose([input, output])
    store.dispose()
  })

  it('relu and leaky relu, with their gradients', async () => {
    const input = tf.tensor1d([-3, -0.5, 0.25, 2])
    const upstream = tf.tensor1d([10, 20, 30, 40])
    for (const [apply, slope] of [[relu, 0] as const, [(x: tf.Tensor1D) => leakyRelu(x, 0.1), 0.1] as const]) {
      const before = tf.memory().numTensors
      const output = apply(input)
      const gradient = tf.grad((x) => apply(x as tf.Tensor1D))(input, upstream)
      expect(relativeDeviation(await output.data(), [-3 * slope, -0.5 * slope, 0.25, 2])).toBeLessThan(tolerance)
      expect(relativeDeviation(await gradient.data(), [10 * slope, 20 * slope, 30, 40])).toBeLessThan(tolerance)
      tf.dispose([output, gradient])
      expect(tf.memory().numTensors).toBe(before)
    }
    tf.dispose([input, upstream])
  })

  it('max-pool over a border, and the mean of a map', async () => {
    const maps = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [1, 4, 4, 1])
    const pooled = maxPool(maps, { window: 3, border: 1 })
    expect([pooled.shape, [...(await pooled.data())]]).toEqual([
      [1, 2, 2, 1],
      [6, 8, 14, 16],
    ])
    const mean = globalAveragePool(maps)
    expect([mean.shape, [...(await mean.data())]]).toEqual([[1, 1], [8.5]])
    tf.dispose([maps, pooled, mean])
  })
})
