import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { createBackbone } from '#engine/ml/backbones/create-backbone.ts'
import { createLinearHead } from '#engine/ml/heads.ts'
import { labeledLoss, unlabeledLoss } from '#engine/ml/losses/fixmatch.ts'
import { copyStatistics, followWithMomentum } from '#engine/ml/momentum-encoder.ts'
import { createSgd } from '#engine/ml/optimizers.ts'
import { learnedParameters, type Parameter } from '#engine/ml/parameters.ts'
import { useBackend } from '../backends.ts'
import golden from '../golden/fixmatch_step.json' with { type: 'json' }
import { digest, fillParameters, fixedImages, relativeDeviation } from './fixed-values.ts'

const { settings } = golden

/** A hundred roundings of float32; PyTorch's own float32 strays by less (`float32Deviation` in the golden file). */
const tolerance = 2e-5

type Classifier = Readonly<{ parameters: readonly Parameter[]; logits(images: tf.Tensor4D): tf.Tensor2D; dispose(): void }>

function createClassifier(): Classifier {
  const backbone = createBackbone({ name: 'wide-resnet-28-2', widthFactor: settings.widthFactor, seed: 1 })
  const head = createLinearHead(backbone.featureCount, settings.classes, 2)
  const parameters = [...backbone.parameters, ...head.parameters]
  fillParameters(parameters, 0)
  return {
    parameters,
    logits: (images) => head.apply(backbone.features(images, 'batch')),
    dispose() {
      backbone.dispose()
      head.dispose()
    },
  }
}

const digests = (parameters: readonly Parameter[]): number[] => parameters.map(({ variable }) => digest(variable))

describe.each(golden.cases)('FixMatch steps with threshold $threshold', ({ threshold, steps }) => {
  beforeAll(() => useBackend('tensorflow-wheel'))

  it('equals PyTorch: losses, mask rate, pseudo-labels, gradients, weights, moving average', () => {
    const atStart = tf.memory().numTensors
    const network = createClassifier()
    const average = createClassifier()
    const learned = learnedParameters(network.parameters)
    const optimizer = createSgd(network.parameters, {
      momentum: settings.momentum,
      nesterov: true,
      weightDecay: settings.weightDecay,
      decays: ({ kind }) => kind === 'weight' || kind === 'bias',
    })
    const labeledCount = settings.labels.length
    const before = tf.memory().numTensors
    for (const [step, expected] of steps.entries()) {
      tf.tidy(() => {
        const images = tf.concat([
          fixedImages(labeledCount, settings.side, 4000 + 3 * step),
          fixedImages(settings.unlabeled, settings.side, 4001 + 3 * step),
          fixedImages(settings.unlabeled, settings.side, 4002 + 3 * step),
        ])
        const parts: tf.Tensor[] = []
        const { grads } = tf.variableGrads(
          () => {
            const [ofLabeled, weak, strong] = tf.split(network.logits(images), [
              labeledCount,
              settings.unlabeled,
              settings.unlabeled,
            ]) as tf.Tensor2D[]
            const labeled = labeledLoss(ofLabeled!, tf.tensor1d(settings.labels, 'int32'))
            const unlabeled = unlabeledLoss(weak!, strong!, tf.fill([settings.classes], threshold))
            parts.push(...[labeled, unlabeled.loss, unlabeled.maskRate, unlabeled.pseudoLabels].map((part) => tf.keep(tf.clone(part))))
            return tf.add(labeled, tf.mul(unlabeled.loss, settings.unlabeledLossWeight)) as tf.Scalar
          },
          learned.map(({ variable }) => variable),
        )
        const gradients = learned.map(({ variable }) => grads[variable.name]!)
        optimizer.apply(gradients, optimizer.rates(settings.learningRate, step))
        followWithMomentum(average.parameters, network.parameters, settings.averageMomentum)
        copyStatistics(average.parameters, network.parameters)
        const [labeled, unlabeled, maskRate, pseudoLabels] = parts.map((part) => Array.from(part.dataSync()))
        expect(pseudoLabels).toEqual(expected.pseudoLabels)
        const statistics = average.parameters.filter(({ kind }) => kind === 'statistic')
        const deviations = {
          labeledLoss: relativeDeviation(labeled!, [expected.labeledLoss]),
          unlabeledLoss: Math.abs(unlabeled![0]! - expected.unlabeledLoss),
          maskRate: Math.abs(maskRate![0]! - expected.maskRate),
          gradients: relativeDeviation(gradients.map(digest), expected.gradients),
          weights: relativeDeviation(digests(learned), expected.weights),
          averageWeights: relativeDeviation(digests(learnedParameters(average.parameters)), expected.averageWeights),
          averageStatistics: relativeDeviation(digests(statistics), expected.averageStatistics),
        }
        for (const [what, deviation] of Object.entries(deviations)) expect(deviation, what).toBeLessThan(tolerance)
        tf.dispose(parts)
      })
      expect(tf.memory().numTensors).toBe(before)
    }
    optimizer.dispose()
    network.dispose()
    average.dispose()
    expect(tf.memory().numTensors).toBe(atStart)
  })
})
