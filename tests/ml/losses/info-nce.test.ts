import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { normalizeRows } from '#engine/ml/heads.ts'
import { infoNce } from '#engine/ml/losses/info-nce.ts'
import { createRandom } from '#engine/ml/random.ts'
import { availableBackends, useBackend } from '../../backends.ts'
import { descend } from '../descent.ts'
import { slowCrossEntropy, slowMean, toRows } from '../slow-math.ts'

const [backend] = await availableBackends()

function unitRows(count: number, dimension: number, seed: number): tf.Tensor2D {
  const random = createRandom(seed)
  return normalizeRows(
    tf.tensor2d(
      Float32Array.from({ length: count * dimension }, () => random.normal()),
      [count, dimension],
    ),
  )
}

const dot = (left: readonly number[], right: readonly number[]): number => {
  let total = 0
  for (let place = 0; place < left.length; place++) total += left[place]! * right[place]!
  return total
}

describe('InfoNCE', () => {
  beforeAll(() => useBackend(backend!))

  it.each([0.07, 0.2, 1])('equals the loop at temperature %f', (temperature) => {
    for (let seed = 1; seed <= 10; seed++)
      tf.tidy(() => {
        const [queries, keys, queue] = [unitRows(6, 4, seed), unitRows(6, 4, seed + 100), unitRows(9, 4, seed + 200)]
        const { loss, accuracy } = infoNce(queries, keys, queue, temperature)
        const [queryRows, keyRows, queueRows] = [queries, keys, queue].map((rows) => toRows(rows.dataSync(), 4)) as [
          number[][],
          number[][],
          number[][],
        ]
        const similarities = queryRows.map((query, index) => [dot(query, keyRows[index]!), ...queueRows.map((key) => dot(query, key))])
        const expected = slowMean(
          similarities.map((row) =>
            slowCrossEntropy(
              row.map((value) => value / temperature),
              0,
            ),
          ),
        )
        const found = slowMean(similarities.map(([own, ...others]) => (others.every((other) => own! > other) ? 1 : 0)))
        // Similarities of float32 (1e-7), divided by the temperature.
        expect(Math.abs(loss.dataSync()[0]! - expected)).toBeLessThan(2e-6 / temperature)
        expect(accuracy.dataSync()[0]).toBeCloseTo(found, 6)
      })
  })

  it.each([1, 16, 4096])('is log(1 + %i) where all keys are equally similar', (queueSize) => {
    tf.tidy(() => {
      const row = unitRows(1, 8, 3)
      const { loss } = infoNce(tf.tile(row, [5, 1]), tf.tile(row, [5, 1]), tf.tile(row, [queueSize, 1]), 0.2)
      expect(loss.dataSync()[0]).toBeCloseTo(Math.log(1 + queueSize), 5)
    })
  })

  it('does not depend on the order of the queue', () => {
    tf.tidy(() => {
      const [queries, keys, queue] = [unitRows(4, 6, 1), unitRows(4, 6, 2), unitRows(12, 6, 3)]
      const turned = infoNce(queries, keys, tf.reverse(queue, 0), 0.2).loss.dataSync()[0]!
      expect(infoNce(queries, keys, queue, 0.2).loss.dataSync()[0]).toBeCloseTo(turned, 5)
    })
  })

  it('is finite where logits are ±1e4, and knows the two ends', () => {
    tf.tidy(() => {
      const row = unitRows(1, 8, 3)
      const right = infoNce(row, row, tf.neg(row) as tf.Tensor2D, 1e-4)
      const wrong = infoNce(row, tf.neg(row) as tf.Tensor2D, row, 1e-4)
      expect(right.loss.dataSync()[0]).toBe(0)
      expect(right.accuracy.dataSync()[0]).toBe(1)
      expect(wrong.loss.dataSync()[0]! / 2e4).toBeCloseTo(1, 5)
      expect(wrong.accuracy.dataSync()[0]).toBe(0)
      const gradient = tf.grad((x) => infoNce(x as tf.Tensor2D, tf.neg(row) as tf.Tensor2D, row, 1e-4).loss)(row)
      expect(gradient.dataSync().every(Number.isFinite)).toBe(true)
    })
  })

  it('falls over 20 gradient steps on the queries', () => {
    tf.tidy(() => {
      const [keys, queue] = [unitRows(6, 8, 2), unitRows(30, 8, 3)]
      const losses = descend(unitRows(6, 8, 1), (x) => infoNce(normalizeRows(x as tf.Tensor2D), keys, queue, 0.2).loss, 0.5)
      for (let step = 1; step < losses.length; step++) expect(losses[step]).toBeLessThan(losses[step - 1]!)
      expect(losses.at(-1)).toBeLessThan(losses[0]! - 1)
    })
  })

  it.each([0, -1, Number.NaN])('refuses temperature %f', (temperature) => {
    tf.tidy(() => {
      expect(() => infoNce(unitRows(2, 3, 1), unitRows(2, 3, 2), unitRows(2, 3, 3), temperature)).toThrow(RangeError)
    })
  })
})
