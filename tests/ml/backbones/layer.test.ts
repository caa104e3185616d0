import * as tf from '@tensorflow/tfjs'
import { expect, test } from 'vitest'
import { chain, type Layer } from '#engine/ml/backbones/layer.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'

/** Three tensors a layer, of which only the last goes on; notes how many there are when the layer begins. */
const noting =
  (seen: number[]): Layer =>
  (input) => {
    seen.push(tf.memory().numTensors)
    return tf.add(tf.mul(tf.square(input), 0.5), input)
  }

test('a chain holds no more tensors with every layer, and its result is that of the layers one after the other', async () => {
  await loadBackend('cpu')
  const before = tf.memory().numTensors
  const seen: number[] = []
  const input = tf.tensor4d([0.5, -1], [1, 1, 2, 1])
  const output = chain(Array.from({ length: 6 }, () => noting(seen)))(input, 'running')
  const plain = Array.from({ length: 6 }).reduce<number[]>((values) => values.map((value) => 0.5 * value * value + value), [0.5, -1])
  expect([...output.dataSync()]).toEqual(plain.map((value) => expect.closeTo(value, 5)))
  expect(seen[5] - seen[1]).toBe(0)
  tf.dispose([input, output])
  expect(tf.memory().numTensors).toBe(before)
})

test('a gradient through a chain has all that it needs', async () => {
  await loadBackend('cpu')
  const before = tf.memory().numTensors
  const layers = chain(Array.from({ length: 3 }, () => noting([])))
  const input = tf.tensor4d([0.5], [1, 1, 1, 1])
  const gradient = tf.grad((map) => tf.sum(layers(map as tf.Tensor4D, 'running')))(input)
  const values = [0.5, 0.625, 0.8203125]
  expect(gradient.dataSync()[0]).toBeCloseTo(
    values.reduce((product, value) => product * (value + 1), 1),
    5,
  )
  tf.dispose([input, gradient])
  expect(tf.memory().numTensors).toBe(before)
})
