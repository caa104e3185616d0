import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { useBackend } from '../backends.ts'

/** Values in -1 to 1, all different: a maximum has one place. */
function sample(shape: number[], seed: number): tf.Tensor {
  const size = shape.reduce((product, length) => product * length, 1)
  return tf.tensor(
    Float32Array.from({ length: size }, (_, index) => Math.sin((index + 1) * 12.9898 + seed * 78.233)),
    shape,
  )
}

/** Value and gradients of a function at fixed inputs, weighted so that every output counts differently. */
function withGradients(shapes: number[][], run: (...inputs: tf.Tensor[]) => tf.Tensor): tf.Tensor[] {
  return tf.tidy(() => {
    const inputs = shapes.map(sample)
    const output = run(...inputs)
    return [output, ...tf.grads(run)(inputs, sample(output.shape, 9))]
  })
}

const cases: [string, number[][], (...inputs: tf.Tensor[]) => tf.Tensor][] = []
for (const [size, kernel, stride, pad] of [
  [7, 3, 1, 'same'],
  [7, 3, 2, 'same'],
  [8, 3, 2, 'same'],
  [8, 3, 2, 'valid'],
  [6, 1, 1, 'same'],
  [6, 1, 2, 'same'],
  [9, 7, 2, 3],
] as const)
  cases.push([
    `conv2d ${kernel}x${kernel} on ${size}x${size}, stride ${stride}, ${pad}`,
    [
      [2, size, size, 3],
      [kernel, kernel, 3, 4],
    ],
    (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad),
  ])
for (const [size, window, stride, pad] of [
  [6, 2, 2, 'valid'],
  [7, 3, 2, 'same'],
  [8, 3, 2, 1],
] as const) {
  const name = `${window}x${window} on ${size}x${size}, stride ${stride}, ${pad}`
  cases.push([`maxPool ${name}`, [[2, size, size, 3]], (x) => tf.maxPool(x as tf.Tensor4D, window, stride, pad)])
  cases.push([`avgPool ${name}`, [[2, size, size, 3]], (x) => tf.avgPool(x as tf.Tensor4D, window, stride, pad)])
}
cases.push(
  [
    'depthwiseConv2d',
    [
      [2, 6, 6, 3],
      [3, 3, 3, 1],
    ],
    (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
  ],
  [
    'batch norm from moments',
    [[8, 4, 4, 3], [3], [3]],
    (x, scale, offset) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2])
      return x.sub(mean).div(variance.add(1e-5).sqrt()).mul(scale).add(offset)
    },
  ],
  [
    'softmax cross-entropy',
    [[6, 5]],
    (x) =>
      x
        .softmax()
        .add(1e-3)
        .log()
        .mul(sample([6, 5], 4))
        .sum(1),
  ],
  ['logSumExp', [[6, 5]], (x) => tf.logSumExp(x, 1)],
  ['relu, leakyRelu, elu', [[40]], (x) => tf.concat([x.relu(), tf.leakyRelu(x, 0.1), x.elu()])],
  ['l2 normalisation', [[6, 5]], (x) => x.div(x.square().sum(1, true).sqrt())],
  ['resizeBilinear', [[2, 5, 5, 3]], (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [8, 7])],
  ['gather with repeats', [[6, 3]], (x) => tf.gather(x, tf.tensor1d([0, 2, 2, 5], 'int32'))],
  ['cumsum', [[6, 3]], (x) => x.cumsum(1)],
)

describe('kernels that wasm is given for training', () => {
  beforeAll(async () => {
    await useBackend('cpu')
    await useBackend('wasm')
  })

  it.each(cases)('%s: value and gradients as in plain JavaScript', async (_name, shapes, run) => {
    const results = new Map<string, Float32Array[]>()
    for (const backend of ['cpu', 'wasm']) {
      await tf.setBackend(backend)
      const tensors = withGradients(shapes, run)
      results.set(backend, await Promise.all(tensors.map(async (tensor) => (await tensor.data()) as Float32Array)))
      tf.dispose(tensors)
    }
    const [expected, actual] = [results.get('cpu') as Float32Array[], results.get('wasm') as Float32Array[]]
    for (const [index, values] of expected.entries()) {
      const scale = Math.max(...values.map(Math.abs))
      expect(scale).toBeGreaterThan(0)
      const worst = values.reduce((most, value, at) => Math.max(most, Math.abs(value - (actual[index]?.[at] ?? Number.NaN))), 0)
      expect(worst / scale, index === 0 ? 'value' : `gradient ${index}`).toBeLessThan(1e-5)
    }
  })

  it('every kernel of plain JavaScript is there', () => {
    const missing = tf.getKernelsForBackend('cpu').filter(({ kernelName }) => !tf.getKernel(kernelName, 'wasm'))
    expect(missing.map(({ kernelName }) => kernelName)).toEqual([])
  })

  it.each(cases)('%s: nothing is left behind, on either side', async (_name, shapes, run) => {
    await tf.setBackend('wasm')
    const counts = () => ({ tensors: tf.memory().numTensors, copies: tf.engine().findBackend('cpu').numDataIds() })
    tf.dispose(withGradients(shapes, run))
    const before = counts()
    tf.dispose(withGradients(shapes, run))
    expect(counts()).toEqual(before)
  })
})
