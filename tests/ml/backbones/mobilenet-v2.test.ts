import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeImage } from '#engine/images/decode-image.ts'
import { normalizeImages } from '#engine/ml/augmentations/normalize.ts'
import { createBackbone } from '#engine/ml/backbones/create-backbone.ts'
import { createSgd } from '#engine/ml/optimizers.ts'
import { createPackagedBackbone, givePackagedWeights } from '#engine/training/encoders/packaged-weights.ts'
import { modelFiles } from '#engine/worker/model-files.ts'
import { availableBackends, useBackend } from '../../backends.ts'
import golden from '../../golden/mobilenet_v2.json' with { type: 'json' }
import { fixedImages, relativeDeviation } from '../fixed-values.ts'

const sample = fileURLToPath(new URL('../../../resources/samples/fashion-mnist-1000/0001.png', import.meta.url))

/** Waves of colour: the twin of tests/golden/mobilenet_v2.py. */
function drawnImage(side: number, index: number): Float32Array {
  return Float32Array.from({ length: side * side * 3 }, (_, place) => {
    const [y, x, c] = [Math.floor(place / (side * 3)), Math.floor(place / 3) % side, place % 3]
    const waves = Math.sin(0.05 * (index + 1) * x + 0.9 * c) * Math.cos(0.03 * (2 * index + 1) * y + c + index)
    return Math.floor(127.5 + 127.5 * waves + 0.5)
  })
}

/** The sample in the middle of black, each of its pixels a square. */
async function sampleImage(side: number): Promise<Float32Array> {
  const decoded = await decodeImage(sample, { size: 28, fit: 'squash' })
  if (decoded.kind !== 'image') throw new Error('The sample cannot be read.')
  const factor = Math.floor(side / 28)
  const before = Math.floor((side - 28 * factor) / 2)
  return Float32Array.from({ length: side * side * 3 }, (_, place) => {
    const y = Math.floor((Math.floor(place / (side * 3)) - before) / factor)
    const x = Math.floor(((Math.floor(place / 3) % side) - before) / factor)
    return y >= 0 && y < 28 && x >= 0 && x < 28 ? decoded.pixels[(y * 28 + x) * 3 + (place % 3)]! : 0
  })
}

async function goldenImages(side: number): Promise<tf.Tensor4D> {
  const each = [drawnImage(side, 0), drawnImage(side, 1), await sampleImage(side)]
  return tf.tidy(() => normalizeImages(tf.stack(each.map((image) => tf.tensor3d(image, [side, side, 3]))) as tf.Tensor4D))
}

function cosine(one: readonly number[], other: readonly number[]): number {
  const product = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, place) => sum + value * b[place]!, 0)
  return product(one, other) / Math.sqrt(product(one, one) * product(other, other))
}

describe('the packaged encoders', () => {
  beforeAll(async () => useBackend((await availableBackends())[0]!))

  it.each(golden.cases)(
    'of width $widthFactor give the features of the networks they come from',
    async ({ widthFactor, side, features }) => {
      const backbone = createPackagedBackbone(widthFactor as 1 | 1.4, modelFiles)
      const images = await goldenImages(side)
      const found = tf.tidy(() => backbone.features(images, 'running').arraySync())
      expect(found.map((row) => row.length)).toEqual(features.map((row) => row.length))
      for (const [image, row] of found.entries()) {
        // Six digits are stored; float32 in another order of sums strays by less than 1e-4 of the largest feature.
        expect(relativeDeviation(row, features[image]!)).toBeLessThan(1e-4)
        expect(cosine(row, features[image]!)).toBeGreaterThan(0.99999)
      }
      images.dispose()
      backbone.dispose()
    },
  )

  it('leave no tensor behind, and the loss of their own features falls over 20 steps', () => {
    const atStart = tf.memory().numTensors
    const backbone = createPackagedBackbone(1, modelFiles)
    const images = fixedImages(4, 32, 3)
    const wanted = tf.tidy(() => tf.add(backbone.features(images, 'running'), 0.1))
    const optimizer = createSgd(backbone.parameters, { momentum: 0.9, nesterov: false, weightDecay: 0, decays: () => false })
    const losses: number[] = []
    let during = 0
    for (let step = 0; step < 20; step++) {
      tf.tidy(() => {
        const variables = backbone.parameters.map(({ variable }) => variable)
        const loss = (): tf.Scalar => tf.mean(tf.squaredDifference(backbone.features(images, 'batch'), wanted)) as tf.Scalar
        const { value, grads } = tf.variableGrads(loss, variables)
        losses.push(value.dataSync()[0]!)
        optimizer.apply(
          variables.map(({ name }) => grads[name]!),
          optimizer.rates(0.0005, step),
        )
      })
      if (step === 0) during = tf.memory().numTensors
    }
    expect(tf.memory().numTensors).toBe(during)
    expect(losses[0]).toBeCloseTo(0.01, 5)
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2)
    optimizer.dispose()
    backbone.dispose()
    tf.dispose([images, wanted])
    expect(tf.memory().numTensors).toBe(atStart)
  })

  it('are refused for networks of other shapes', () => {
    const give = (name: string, widthFactor: number) => () => givePackagedWeights([], { name, widthFactor }, modelFiles)
    expect(give('mobilenet-v2', 0.5)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
    expect(give('resnet18', 1)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
  })
})

describe('MobileNetV2 on every backend', async () => {
  const names = await availableBackends()

  it('has the same features and gradients', async () => {
    const results: { backend: string; features: number[]; gradients: number[] }[] = []
    for (const backend of names) {
      await useBackend(backend)
      const backbone = createBackbone({ name: 'mobilenet-v2', widthFactor: 0.0625, seed: 2 })
      const images = fixedImages(2, 33, 5)
      const chosen = backbone.parameters.filter(({ name }) => /^(stem|block[12]\.depthwise|block17\.project)\./.test(name))
      const variables = chosen.map(({ variable }) => variable)
      const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(backbone.features(images, 'batch'))) as tf.Scalar, variables)
      const features = backbone.features(images, 'running')
      const gradients = await Promise.all(variables.map(async ({ name }) => [...(await grads[name]!.data())]))
      results.push({ backend, features: [...(await features.data())], gradients: gradients.flat() })
      tf.dispose([value, grads, features, images])
      backbone.dispose()
    }
    const reference = results.at(-1)!
    for (const { backend, features, gradients } of results) {
      // Float32 through 52 convolutions, summed in other orders.
      expect({ backend, close: relativeDeviation(features, reference.features) < 1e-4 }).toEqual({ backend, close: true })
      expect({ backend, close: relativeDeviation(gradients, reference.gradients) < 1e-3 }).toEqual({ backend, close: true })
    }
  })
})
