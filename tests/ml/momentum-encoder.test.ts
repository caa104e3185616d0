import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { copyParameters, copyStatistics, followWithMomentum } from '#engine/ml/momentum-encoder.ts'
import { createParameterStore } from '#engine/ml/parameters.ts'
import { availableBackends, useBackend } from '../backends.ts'

const [backend] = await availableBackends()

function createNetwork(weight: number, statistic: number) {
  const store = createParameterStore(1)
  const [first, second] = [store.create('weight', 'weight', [2], 'ones'), store.create('mean', 'statistic', [2], 'ones')]
  tf.tidy(() => {
    first.assign(tf.fill([2], weight))
    second.assign(tf.fill([2], statistic))
  })
  return { ...store, values: () => [...first.dataSync(), ...second.dataSync()] }
}

describe('momentum encoder', () => {
  beforeAll(() => useBackend(backend!))

  it('after n steps towards a fixed twin: m^n of itself is left; statistics stay', () => {
    const [target, source] = [createNetwork(0, 5), createNetwork(1, 7)]
    const before = tf.memory().numTensors
    for (let step = 1; step <= 10; step++) {
      followWithMomentum(target.parameters, source.parameters, 0.9)
      expect(target.values()[0]).toBeCloseTo(1 - 0.9 ** step, 6)
      expect(target.values().slice(2)).toEqual([5, 5])
    }
    expect(tf.memory().numTensors).toBe(before)
    target.dispose()
    source.dispose()
  })

  it('with momentum 1 nothing moves, with 0 it is the twin', () => {
    const [target, source] = [createNetwork(3, 5), createNetwork(1, 7)]
    followWithMomentum(target.parameters, source.parameters, 1)
    expect(target.values()).toEqual([3, 3, 5, 5])
    followWithMomentum(target.parameters, source.parameters, 0)
    expect(target.values()).toEqual([1, 1, 5, 5])
    target.dispose()
    source.dispose()
  })

  it('copies are copies: the twin may change or go', () => {
    const [target, source] = [createNetwork(3, 5), createNetwork(1, 7)]
    copyStatistics(target.parameters, source.parameters)
    expect(target.values()).toEqual([3, 3, 7, 7])
    copyParameters(target.parameters, source.parameters)
    tf.tidy(() => source.parameters[0]!.variable.assign(tf.fill([2], 9)))
    source.dispose()
    expect(target.values()).toEqual([1, 1, 7, 7])
    target.dispose()
  })
})
