import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { BackboneName } from '#engine/ml/backbones/backbone.ts'
import { createBackbone } from '#engine/ml/backbones/create-backbone.ts'
import { backboneChoices } from '#shared/stages/pretrain.ts'
import { useBackend } from '../../backends.ts'
import golden from '../../golden/backbones.json' with { type: 'json' }
import { fillParameters, fixedImages, relativeDeviation } from '../fixed-values.ts'

/**
 * PyTorch's own float32 strays from its float64 by at most 1e-5 of the largest feature, but for a last map of one pixel in a
 * batch of four, where batch norm divides by small deviations: there by 1.8e-4. Ten times what PyTorch strays, at least 2e-5.
 */
const toleranceOf = (float32Deviation: number): number => Math.max(2e-5, 10 * float32Deviation)

const runs = [
  { backend: 'tensorflow-wheel', sides: [28, 32, 33] },
  { backend: 'cpu', sides: [28] },
] as const

describe.each(runs)('backbones on $backend', ({ backend, sides }) => {
  beforeAll(() => useBackend(backend))

  it.each(golden.cases.filter(({ side }) => (sides as readonly number[]).includes(side)))(
    '$name at $side px equals PyTorch',
    (expected) => {
      const backbone = createBackbone({ name: expected.name as BackboneName, widthFactor: golden.widthFactor, seed: 1 })
      fillParameters(backbone.parameters, 0)
      const images = fixedImages(golden.batch, expected.side, 1000)
      const check = (mode: 'batch' | 'running', { first, norm }: { first: number[]; norm: number }): void => {
        const features = backbone.features(images, mode)
        const values = tf.tidy(() => tf.slice(features, [0, 0], [2, 6]).dataSync())
        const length = tf.tidy(() => tf.norm(features).dataSync()[0]!)
        expect(features.shape).toEqual([golden.batch, expected.featureCount])
        expect(relativeDeviation([...values, length], [...first, norm])).toBeLessThan(toleranceOf(expected.float32Deviation))
        features.dispose()
      }
      check('running', expected.inference)
      check('batch', expected.training)
      check('running', expected.inferenceAfter)
      images.dispose()
      backbone.dispose()
    },
  )
})

describe('every backbone', () => {
  beforeAll(() => useBackend('tensorflow-wheel'))

  it.each(backboneChoices)('%s takes odd and small sides, and leaves no tensor behind', (name) => {
    const atStart = tf.memory().numTensors
    const backbone = createBackbone({ name, widthFactor: 0.0625, seed: 5 })
    for (const side of name === 'resnet34' ? [32, 45] : [16, 17, 45]) {
      const images = fixedImages(2, side, 7)
      const before = tf.memory().numTensors
      const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(backbone.features(images, 'batch'))) as tf.Scalar)
      const learned = backbone.parameters.filter(({ kind }) => kind !== 'statistic')
      expect(Object.keys(grads)).toHaveLength(learned.length)
      tf.dispose([value, grads])
      backbone.features(images, 'running').dispose()
      expect(tf.memory().numTensors).toBe(before)
      images.dispose()
    }
    backbone.dispose()
    expect(tf.memory().numTensors).toBe(atStart)
  })

  it.each(backboneChoices)('%s has unique names, and the same first weights for the same seed alone', (name) => {
    const weightsOf = (seed: number): { name: string; values: number[] }[] => {
      const backbone = createBackbone({ name, widthFactor: 0.0625, seed })
      const weights = backbone.parameters.map((parameter) => ({ name: parameter.name, values: Array.from(parameter.variable.dataSync()) }))
      backbone.dispose()
      return weights
    }
    const weights = weightsOf(3)
    expect(new Set(weights.map((weight) => weight.name)).size).toBe(weights.length)
    expect(weightsOf(3)).toEqual(weights)
    expect(weightsOf(4)).not.toEqual(weights)
  })

  it('has the published number of features at full width', () => {
    const counts = backboneChoices.map((name) => {
      const backbone = createBackbone({ name, widthFactor: 1, seed: 1 })
      backbone.dispose()
      return backbone.featureCount
    })
    expect(Object.fromEntries(backboneChoices.map((name, index) => [name, counts[index]]))).toEqual({
      clusterresnet: 512,
      'resnet18-cifar': 512,
      resnet18: 512,
      resnet34: 512,
      'wide-resnet-28-2': 128,
      'wide-resnet-28-8': 512,
      'wide-resnet-stl': 256,
      'mobilenet-v2': 320,
    })
  })

  it('refuses an unknown name and a width factor that is not above 0', () => {
    const wrongName = { name: 'vgg' as BackboneName, widthFactor: 1, seed: 1 }
    expect(() => createBackbone(wrongName)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
    for (const widthFactor of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => createBackbone({ name: 'resnet18', widthFactor, seed: 1 })).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
  })
})
