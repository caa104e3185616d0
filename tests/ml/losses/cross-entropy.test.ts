import * as tf from '@tensorflow/tfjs'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { crossEntropy } from '#engine/ml/losses/cross-entropy.ts'
import { availableBackends, useBackend } from '../../backends.ts'
import { descend } from '../descent.ts'
import { slowCrossEntropy, toRows } from '../slow-math.ts'

const [backend] = await availableBackends()

describe('cross-entropy', () => {
  beforeAll(() => useBackend(backend!))

  it('equals the loop for any logits and labels, with leading axes', () => {
    const given = fc.integer({ min: 2, max: 9 }).chain((classes) =>
      fc.record({
        classes: fc.constant(classes),
        logits: fc.array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 6 * classes, maxLength: 6 * classes }),
        labels: fc.array(fc.integer({ min: 0, max: classes - 1 }), { minLength: 6, maxLength: 6 }),
      }),
    )
    fc.assert(
      fc.property(given, ({ classes, logits, labels }) => {
        const values = tf.tidy(() => crossEntropy(tf.tensor3d(logits, [2, 3, classes]), tf.tensor2d(labels, [2, 3], 'int32')).dataSync())
        const expected = toRows(Float32Array.from(logits), classes).map((row, index) => slowCrossEntropy(row, labels[index]!))
        // float32 of terms up to 60.
        for (const [index, value] of values.entries()) expect(Math.abs(value - expected[index]!)).toBeLessThan(2e-5)
      }),
      { numRuns: 30 },
    )
  })

  it('is log K for equal logits, does not change when all logits move, and is finite at ±1e4', () => {
    tf.tidy(() => {
      const labels = tf.tensor1d([3, 0], 'int32')
      for (const value of crossEntropy(tf.fill([2, 7], 5), labels).dataSync()) expect(value).toBeCloseTo(Math.log(7), 5)
      const logits = tf.tensor2d([1, 2, 3, 4, 0, -1, -2, 8], [2, 4])
      const moved = crossEntropy(tf.add(logits, 64), labels).dataSync()
      for (const [index, value] of crossEntropy(logits, labels).dataSync().entries()) expect(moved[index]).toBeCloseTo(value, 4)
      const extreme = tf.tensor2d([1e4, -1e4, 0, -1e4, 1e4, 0], [2, 3])
      expect([...crossEntropy(extreme, tf.tensor1d([0, 0], 'int32')).dataSync()]).toEqual([0, 2e4])
      const gradient = tf.grad((x) => tf.sum(crossEntropy(x, tf.tensor1d([0, 0], 'int32'))))(extreme)
      expect([...gradient.dataSync()]).toEqual([0, 0, 0, -1, 1, 0])
    })
  })

  it('has the gradient softmax - one-hot', () => {
    tf.tidy(() => {
      const logits = tf.tensor2d([0.5, -1, 2, 0, 3, 1], [2, 3])
      const labels = tf.tensor1d([2, 0], 'int32')
      const gradient = tf.grad((x) => tf.sum(crossEntropy(x, labels)))(logits)
      const expected = tf.sub(tf.softmax(logits), tf.oneHot(labels, 3))
      expect(tf.max(tf.abs(tf.sub(gradient, expected))).dataSync()[0]).toBeLessThan(1e-6)
    })
  })

  it('falls over 20 gradient steps', () => {
    tf.tidy(() => {
      const labels = tf.tensor1d([0, 1, 2, 3], 'int32')
      const losses = descend(tf.randomNormal([4, 4], 0, 1, 'float32', 3), (x) => tf.mean(crossEntropy(x, labels)) as tf.Scalar, 2)
      for (let step = 1; step < losses.length; step++) expect(losses[step]).toBeLessThan(losses[step - 1]!)
      expect(losses.at(-1)).toBeLessThan(losses[0]! / 3)
    })
  })

  it('refuses labels of another shape', () => {
    tf.tidy(() => {
      expect(() => crossEntropy(tf.zeros([5, 3]), tf.tensor1d([1], 'int32'))).toThrow(RangeError)
      expect(() => crossEntropy(tf.zeros([5, 3]), tf.zeros([5, 1], 'int32'))).toThrow(RangeError)
    })
  })
})
