import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { createKeyQueue } from '#engine/ml/key-queue.ts'
import { availableBackends, useBackend } from '../backends.ts'
import { toRows } from './slow-math.ts'

const [backend] = await availableBackends()

describe('key queue', () => {
  beforeAll(() => useBackend(backend!))

  it('begins with unit rows of the seed', () => {
    const [first, again, other] = [createKeyQueue(7, 5, 1), createKeyQueue(7, 5, 1), createKeyQueue(7, 5, 2)]
    for (const row of toRows(first.keys.dataSync(), 5)) expect(Math.hypot(...row)).toBeCloseTo(1, 6)
    expect(again.keys.dataSync()).toEqual(first.keys.dataSync())
    expect(other.keys.dataSync()).not.toEqual(first.keys.dataSync())
    for (const queue of [first, again, other]) queue.dispose()
  })

  it('holds what a list would hold, oldest first, and leaves no tensor', () => {
    const atStart = tf.memory().numTensors
    const queue = createKeyQueue(5, 2, 1)
    const list = toRows(queue.keys.dataSync(), 2)
    let next = 0
    for (const count of [2, 1, 5, 3, 4, 1]) {
      const keys = Array.from({ length: count }, () => [next++, next])
      list.push(...keys)
      list.splice(0, count)
      tf.tidy(() => queue.enqueue(tf.tensor2d(keys)))
      expect(toRows(queue.keys.dataSync(), 2)).toEqual(list)
      expect(queue.keys.shape).toEqual([5, 2])
      expect(tf.memory().numTensors).toBe(atStart + 1)
    }
    queue.dispose()
    expect(tf.memory().numTensors).toBe(atStart)
  })

  it('refuses more keys than it has places', () => {
    const queue = createKeyQueue(3, 2, 1)
    const keys = tf.zeros([4, 2]) as tf.Tensor2D
    expect(() => queue.enqueue(keys)).toThrow(RangeError)
    keys.dispose()
    queue.dispose()
  })
})
