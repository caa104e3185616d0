import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { createAdaptiveThreshold } from '#engine/ml/adaptive-threshold.ts'
import { createRandom } from '#engine/ml/random.ts'
import { availableBackends, useBackend } from '../backends.ts'
import { slowSoftmax } from './slow-math.ts'

const [backend] = await availableBackends()

describe('adaptive threshold', () => {
  beforeAll(() => useBackend(backend!))

  it('starts at 1 / K, equals the loop of FreeMatch, never above the highest', () => {
    const atStart = tf.memory().numTensors
    const classes = 4
    const threshold = createAdaptiveThreshold(classes, 0.8, 0.9)
    const read = (): number[] => tf.tidy(() => [...threshold.thresholds().dataSync()])
    expect(read()).toEqual([0.25, 0.25, 0.25, 0.25])
    const random = createRandom(2)
    let confidence = 1 / classes
    const frequency = [0.25, 0.25, 0.25, 0.25]
    for (let step = 0; step < 30; step++) {
      const rows = Array.from({ length: 6 }, () => slowSoftmax(frequency.map((_, index) => (step / 3) * random.normal() + index)))
      tf.tidy(() => threshold.update(tf.tensor2d(rows)))
      let meanHighest = 0
      for (const row of rows) meanHighest += Math.max(...row) / rows.length
      confidence = 0.8 * confidence + 0.2 * meanHighest
      for (let index = 0; index < classes; index++) {
        let mean = 0
        for (const row of rows) mean += row[index]! / rows.length
        frequency[index] = 0.8 * frequency[index]! + 0.2 * mean
      }
      const expected = frequency.map((share) => Math.min(0.9, (share / Math.max(...frequency)) * confidence))
      for (const [index, value] of read().entries()) expect(value).toBeCloseTo(expected[index]!, 5)
      expect(Math.max(...read())).toBeLessThanOrEqual(Math.fround(0.9))
      expect(tf.memory().numTensors).toBe(atStart + 2)
    }
    expect(confidence).toBeGreaterThan(0.9)
    threshold.dispose()
    expect(tf.memory().numTensors).toBe(atStart)
  })
})
