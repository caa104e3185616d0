import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { doubleSoftmaxCrossEntropy, doubleSoftmaxFloor } from '#engine/ml/losses/double-softmax.ts'
import { createRandom } from '#engine/ml/random.ts'
import { availableBackends, useBackend } from '../../backends.ts'
import { descend } from '../descent.ts'
import { slowCrossEntropy, slowMean, slowSoftmax, toRows } from '../slow-math.ts'

const [backend] = await availableBackends()

describe('double softmax', () => {
  beforeAll(() => useBackend(backend!))

  it('equals the loop, mean over heads and images', () => {
    const random = createRandom(4)
    for (let round = 0; round < 10; round++)
      tf.tidy(() => {
        const logits = Float32Array.from({ length: 3 * 5 * 6 }, () => 4 * random.normal())
        const labels = Int32Array.from({ length: 15 }, () => random.integer(6))
        const value = doubleSoftmaxCrossEntropy(tf.tensor3d(logits, [3, 5, 6]), tf.tensor2d(labels, [3, 5], 'int32')).dataSync()[0]!
        const expected = slowMean(toRows(logits, 6).map((row, index) => slowCrossEntropy(slowSoftmax(row), labels[index]!)))
        expect(Math.abs(value - expected)).toBeLessThan(1e-6)
      })
  })

  it.each([
    [10, 1.4612, Math.LN10],
    [15, 1.8165, 2.7081],
    [20, 2.0782, 2.9957],
    [200, 4.3069, 5.2983],
  ])('with %i classes its floor is %f and its start %f', (classCount, floor, start) => {
    tf.tidy(() => {
      const label = tf.tensor1d([2], 'int32')
      const certain = (chosen: number): tf.Tensor => tf.mul(tf.oneHot(tf.tensor1d([chosen], 'int32'), classCount), 1e4)
      expect(doubleSoftmaxFloor(classCount)).toBeCloseTo(floor, 4)
      expect(doubleSoftmaxCrossEntropy(certain(2), label).dataSync()[0]).toBeCloseTo(floor, 4)
      expect(doubleSoftmaxCrossEntropy(tf.zeros([1, classCount]), label).dataSync()[0]).toBeCloseTo(start, 4)
      expect(doubleSoftmaxCrossEntropy(certain(5), label).dataSync()[0]).toBeCloseTo(Math.log(Math.E - 1 + classCount), 4)
    })
  })

  it('is finite at ±1e4, where its gradient vanishes right or wrong', () => {
    tf.tidy(() => {
      const logits = tf.tensor2d([1e4, -1e4, 0, -1e4, 1e4, 0], [2, 3])
      const gradient = tf.grad((x) => doubleSoftmaxCrossEntropy(x, tf.tensor1d([0, 0], 'int32')))(logits)
      expect([...gradient.dataSync()].map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0])
    })
  })

  it('falls over 20 gradient steps, never below its floor', () => {
    tf.tidy(() => {
      const labels = tf.tensor1d([0, 1, 2, 3, 4], 'int32')
      const losses = descend(tf.randomNormal([5, 5], 0, 0.5, 'float32', 5), (x) => doubleSoftmaxCrossEntropy(x, labels), 5)
      for (let step = 1; step < losses.length; step++) expect(losses[step]).toBeLessThan(losses[step - 1]!)
      expect(losses.at(-1)).toBeGreaterThan(doubleSoftmaxFloor(5))
      expect(losses.at(-1)).toBeLessThan(Math.log(5) - 0.3)
    })
  })
})
