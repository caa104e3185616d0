import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { createParameterStore, type Initializer, learnedParameters } from '#engine/ml/parameters.ts'
import { availableBackends, useBackend } from '../backends.ts'

describe('a parameter store', () => {
  beforeAll(async () => useBackend((await availableBackends())[0]!))

  const draw = (initializer: Initializer, shape: number[], fanIn?: number): Float32Array => {
    const store = createParameterStore(3)
    const values = store.create('drawn', 'weight', shape, initializer, fanIn).dataSync<'float32'>().slice()
    store.dispose()
    return values
  }
  const deviation = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)

  it('keeps every parameter with its name, kind and place, and says which are learned', () => {
    const before = tf.memory().numTensors
    const store = createParameterStore(1)
    const kinds = ['weight', 'bias', 'scale', 'offset', 'statistic'] as const
    for (const kind of kinds) store.create(`a.${kind}`, kind, [2, 3], 'ones')
    expect(store.parameters.map(({ name, kind, variable }) => [name, kind, variable.trainable])).toEqual(
      kinds.map((kind) => [`a.${kind}`, kind, kind !== 'statistic']),
    )
    expect(learnedParameters(store.parameters).map(({ kind }) => kind)).toEqual(['weight', 'bias', 'scale', 'offset'])
    expect(() => store.create('a.bias', 'bias', [1], 'zeros')).toThrow('exists already')
    store.dispose()
    expect([store.parameters.length, tf.memory().numTensors]).toEqual([0, before])
  })

  it('draws by the seed and the name alone, whatever was made before', () => {
    const valuesOf = (seed: number, names: string[]): Map<string, number[]> => {
      const store = createParameterStore(seed)
      for (const name of names) store.create(name, 'weight', [4], 'uniform-fan-in')
      const values = new Map(store.parameters.map(({ name, variable }) => [name, [...variable.dataSync()]]))
      store.dispose()
      return values
    }
    const both = valuesOf(1, ['one', 'two'])
    expect(valuesOf(1, ['two']).get('two')).toEqual(both.get('two'))
    expect(both.get('one')).not.toEqual(both.get('two'))
    expect(valuesOf(2, ['two']).get('two')).not.toEqual(both.get('two'))
  })

  it('begins with zeros, ones, U(-1/sqrt(fan in), 1/sqrt(fan in)) or N(0, 2/fan out)', () => {
    expect([...draw('zeros', [2])]).toEqual([0, 0])
    expect([...draw('ones', [2])]).toEqual([1, 1])
    // A 3x3 filter from 16 to 32 channels: 144 connections into a unit, 288 out of it.
    const uniform = draw('uniform-fan-in', [3, 3, 16, 32])
    expect(Math.max(...uniform.map(Math.abs))).toBeLessThanOrEqual(1 / 12)
    expect(Math.max(...uniform.map(Math.abs))).toBeGreaterThan(0.99 / 12)
    // 4,608 values: the deviation is right to 2%, five times what chance leaves.
    expect(deviation(uniform) * 12 * Math.sqrt(3)).toBeCloseTo(1, 1)
    expect(deviation(draw('normal-fan-out', [3, 3, 16, 32])) / Math.sqrt(2 / 288)).toBeCloseTo(1, 1)
    const bias = draw('uniform-fan-in', [4000], 100)
    expect(Math.max(...bias.map(Math.abs))).toBeLessThanOrEqual(0.1)
    expect(deviation(bias) * 10 * Math.sqrt(3)).toBeCloseTo(1, 1)
  })
})
