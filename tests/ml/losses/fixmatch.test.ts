import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { labeledLoss, unlabeledLoss } from '#engine/ml/losses/fixmatch.ts'
import { createRandom } from '#engine/ml/random.ts'
import { availableBackends, useBackend } from '../../backends.ts'
import { descend } from '../descent.ts'
import { slowCrossEntropy, slowMean, slowSoftmax, toRows } from '../slow-math.ts'

const [backend] = await availableBackends()
const classes = 5

function normalLogits(seed: number, rows: number): Float32Array {
  const random = createRandom(seed)
  return Float32Array.from({ length: rows * classes }, () => 3 * random.normal())
}

describe('FixMatch losses', () => {
  beforeAll(() => useBackend(backend!))

  it.each([
    ['one threshold', [0.8, 0.8, 0.8, 0.8, 0.8]],
    ['a threshold a class', [0.2, 0.5, 0.7, 0.9, 0.99]],
  ])('equals the loop with %s', (_, thresholds) => {
    for (let seed = 1; seed <= 10; seed++)
      tf.tidy(() => {
        const [weak, strong] = [normalLogits(seed, 12), normalLogits(seed + 50, 12)]
        const { loss, maskRate, pseudoLabels } = unlabeledLoss(
          tf.tensor2d(weak, [12, classes]),
          tf.tensor2d(strong, [12, classes]),
          tf.tensor1d(thresholds),
        )
        const strongRows = toRows(strong, classes)
        const rows = toRows(weak, classes).map((row, index) => {
          const probabilities = slowSoftmax(row)
          const label = probabilities.indexOf(Math.max(...probabilities))
          const counts = probabilities[label]! >= thresholds[label]! ? 1 : 0
          return { label, counts, loss: counts * slowCrossEntropy(strongRows[index]!, label) }
        })
        expect(Math.abs(loss.dataSync()[0]! - slowMean(rows.map((row) => row.loss)))).toBeLessThan(3e-6)
        expect(maskRate.dataSync()[0]).toBeCloseTo(slowMean(rows.map((row) => row.counts)), 6)
        expect([...pseudoLabels.dataSync()]).toEqual(rows.map((row) => row.label))
      })
  })

  it('gives no gradient to the weak view, and to the strong one only where the pseudo-label counts', () => {
    tf.tidy(() => {
      const weak = tf.tensor2d([9, 0, 0, 0, 0, 0.1, 0, 0, 0, 0], [2, classes])
      const strong = tf.tensor2d(normalLogits(3, 2), [2, classes])
      const thresholds = tf.fill([classes], 0.95) as tf.Tensor1D
      const [weakGradient, strongGradient] = tf.grads((w, s) => unlabeledLoss(w as tf.Tensor2D, s as tf.Tensor2D, thresholds).loss)([
        weak,
        strong,
      ])
      expect([...weakGradient!.dataSync()].every((value) => value === 0)).toBe(true)
      const expected = tf.div(tf.sub(tf.softmax(strong), tf.oneHot([0, 0], classes)), 2).dataSync()
      for (const [index, value] of strongGradient!.dataSync().entries())
        expect(value).toBeCloseTo(index < classes ? expected[index]! : 0, 6)
    })
  })

  it('gives no gradient to the weak view where both views are one network', () => {
    tf.tidy(() => {
      const weight = tf.variable(tf.tensor2d(normalLogits(8, classes), [classes, classes]))
      const [weakInput, strongInput] = [tf.tensor2d(normalLogits(1, 3), [3, classes]), tf.tensor2d(normalLogits(2, 3), [3, classes])]
      const thresholds = tf.zeros([classes]) as tf.Tensor1D
      const both = tf.variableGrads(
        () => unlabeledLoss(tf.matMul(weakInput, weight), tf.matMul(strongInput, weight), thresholds).loss,
        [weight],
      )
      const constant = tf.matMul(weakInput, weight) as tf.Tensor2D
      const strongOnly = tf.variableGrads(() => unlabeledLoss(constant, tf.matMul(strongInput, weight), thresholds).loss, [weight])
      expect(both.grads[weight.name]!.dataSync()).toEqual(strongOnly.grads[weight.name]!.dataSync())
      weight.dispose()
    })
  })

  it('is 0 where no pseudo-label counts and finite at ±1e4', () => {
    tf.tidy(() => {
      const even = tf.zeros([3, classes]) as tf.Tensor2D
      const strong = tf.tensor2d(normalLogits(3, 3), [3, classes])
      const none = unlabeledLoss(even, strong, tf.fill([classes], 0.95) as tf.Tensor1D)
      expect([none.loss.dataSync()[0], none.maskRate.dataSync()[0]]).toEqual([0, 0])
      const extreme = tf.tensor2d([1e4, -1e4, 0, 0, 0], [1, classes])
      const wrong = tf.tensor2d([-1e4, 1e4, 0, 0, 0], [1, classes])
      expect(unlabeledLoss(extreme, wrong, tf.fill([classes], 0.95) as tf.Tensor1D).loss.dataSync()[0]).toBe(2e4)
      expect(labeledLoss(extreme, tf.tensor1d([1], 'int32')).dataSync()[0]).toBe(2e4)
    })
  })

  it('labelled loss equals the loop; both fall over 20 gradient steps', () => {
    tf.tidy(() => {
      const logits = normalLogits(5, 8)
      const labels = Int32Array.from({ length: 8 }, (_, index) => index % classes)
      const given = tf.tensor1d(labels, 'int32')
      const value = labeledLoss(tf.tensor2d(logits, [8, classes]), given).dataSync()[0]!
      expect(value).toBeCloseTo(slowMean(toRows(logits, classes).map((row, index) => slowCrossEntropy(row, labels[index]!))), 5)
      const start = tf.tensor2d(logits, [8, classes])
      const weak = tf.tensor2d(normalLogits(6, 8), [8, classes])
      const thresholds = tf.fill([classes], 0.5) as tf.Tensor1D
      for (const losses of [
        descend(start, (x) => labeledLoss(x as tf.Tensor2D, given), 2),
        descend(start, (x) => unlabeledLoss(weak, x as tf.Tensor2D, thresholds).loss, 2),
      ]) {
        for (let step = 1; step < losses.length; step++) expect(losses[step]).toBeLessThan(losses[step - 1]!)
        expect(losses.at(-1)).toBeLessThan(losses[0]! / 2)
      }
    })
  })
})
