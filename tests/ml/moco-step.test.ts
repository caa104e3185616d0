import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { createBackbone } from '#engine/ml/backbones/create-backbone.ts'
import { createProjectionHead, normalizeRows } from '#engine/ml/heads.ts'
import { createKeyQueue } from '#engine/ml/key-queue.ts'
import { infoNce } from '#engine/ml/losses/info-nce.ts'
import { followWithMomentum } from '#engine/ml/momentum-encoder.ts'
import { createSgd } from '#engine/ml/optimizers.ts'
import { learnedParameters, type Parameter } from '#engine/ml/parameters.ts'
import { useBackend } from '../backends.ts'
import golden from '../golden/moco_step.json' with { type: 'json' }
import { digest, fillParameters, fixedImages, fixedRows, relativeDeviation } from './fixed-values.ts'

const { settings } = golden

/** PyTorch's float32 strays from its float64 by up to 1.6e-5 (gradients through 20 batch norms of 16 values); here ten times it. */
const tolerance = 2e-4

type Encoder = Readonly<{ parameters: readonly Parameter[]; project(images: tf.Tensor4D): tf.Tensor2D; dispose(): void }>

function createEncoder(offset: number): Encoder {
  const backbone = createBackbone({ name: 'resnet18-cifar', widthFactor: settings.widthFactor, seed: 1 })
  const head = createProjectionHead(backbone.featureCount, settings.dimension, 2)
  const parameters = [...backbone.parameters, ...head.parameters]
  fillParameters(parameters, offset)
  return {
    parameters,
    project: (images) => head.apply(backbone.features(images, 'batch')),
    dispose() {
      backbone.dispose()
      head.dispose()
    },
  }
}

const digests = (parameters: readonly Parameter[]): number[] => parameters.map(({ variable }) => digest(variable))

describe.each(golden.cases)('MoCo steps with key momentum $keyMomentum', ({ keyMomentum, steps }) => {
  beforeAll(() => useBackend('tensorflow-wheel'))

  it('equals PyTorch: loss, gradients, both encoders, queue', () => {
    const atStart = tf.memory().numTensors
    const query = createEncoder(0)
    const key = createEncoder(500)
    const queue = createKeyQueue(settings.queueSize, settings.dimension, 1)
    tf.tidy(() => queue.parameter.variable.assign(normalizeRows(fixedRows(settings.queueSize, settings.dimension, 2000))))
    const optimizer = createSgd(query.parameters, {
      momentum: settings.momentum,
      nesterov: false,
      weightDecay: settings.weightDecay,
      decays: () => true,
    })
    const learned = learnedParameters(query.parameters)
    const before = tf.memory().numTensors
    for (const [step, expected] of steps.entries()) {
      tf.tidy(() => {
        const view1 = fixedImages(settings.batch, settings.side, 3000 + 2 * step)
        const view2 = fixedImages(settings.batch, settings.side, 3001 + 2 * step)
        followWithMomentum(key.parameters, query.parameters, keyMomentum)
        const keys = key.project(view2)
        const { value, grads } = tf.variableGrads(
          () => infoNce(query.project(view1), keys, queue.keys, settings.temperature).loss,
          learned.map(({ variable }) => variable),
        )
        const gradients = learned.map(({ variable }) => grads[variable.name]!)
        optimizer.apply(gradients, optimizer.rates(settings.learningRate, step))
        queue.enqueue(keys)
        const deviations = {
          loss: relativeDeviation(value.dataSync(), [expected.loss]),
          gradients: relativeDeviation(gradients.map(digest), expected.gradients),
          queryWeights: relativeDeviation(digests(learned), expected.queryWeights),
          keyWeights: relativeDeviation(digests(learnedParameters(key.parameters)), expected.keyWeights),
          keyStatistics: relativeDeviation(digests(key.parameters.filter(({ kind }) => kind === 'statistic')), expected.keyStatistics),
          keys: relativeDeviation(keys.dataSync(), expected.keys),
          queue: relativeDeviation([digest(tf.transpose(queue.keys))], [expected.queueDigest]),
        }
        for (const [what, deviation] of Object.entries(deviations)) expect(deviation, what).toBeLessThan(tolerance)
      })
      expect(tf.memory().numTensors).toBe(before)
    }
    optimizer.dispose()
    queue.dispose()
    query.dispose()
    key.dispose()
    expect(tf.memory().numTensors).toBe(atStart)
  })
})
