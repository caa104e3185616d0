import * as tf from '@tensorflow/tfjs'
import type { Parameter } from './parameters.ts'

/** Confidence thresholds, one a class, that follow what the model has learned. */
export interface AdaptiveThreshold {
  readonly parameters: readonly Parameter[]
  /** `[classes]` thresholds, 0-1. */
  thresholds(): tf.Tensor1D
  /** Takes in the weak views' probabilities `[batch, classes]` of a step. */
  update(probabilities: tf.Tensor2D): void
  dispose(): void
}

/**
 * FreeMatch's self-adaptive thresholds: the running mean confidence, scaled for each class by its running mean probability
 * relative to the most probable class.
 *
 * Starts at 1 / K, so that all pseudo-labels count while the model knows little.
 *
 * @param momentum Share of themselves that the running means keep at each step, 0-1; 0.999 in the paper.
 * @param highest Upper bound of a threshold, 0-1: the fixed threshold that FixMatch would use.
 * @source Wang et al. 2023, "FreeMatch", equations 5 to 8.
 */
export function createAdaptiveThreshold(classCount: number, momentum: number, highest: number): AdaptiveThreshold {
  const confidence = tf.tidy(() => tf.variable(tf.scalar(1 / classCount), false))
  const frequency = tf.tidy(() => tf.variable(tf.fill([classCount], 1 / classCount), false))
  return {
    parameters: [
      { name: 'threshold.confidence', kind: 'statistic', variable: confidence },
      { name: 'threshold.frequency', kind: 'statistic', variable: frequency },
    ],
    thresholds: () => tf.tidy(() => tf.minimum(tf.mul(tf.div(frequency, tf.max(frequency)), confidence), highest) as tf.Tensor1D),
    update(probabilities) {
      tf.tidy(() => {
        confidence.assign(tf.add(tf.mul(confidence, momentum), tf.mul(tf.mean(tf.max(probabilities, 1)), 1 - momentum)) as tf.Scalar)
        frequency.assign(tf.add(tf.mul(frequency, momentum), tf.mul(tf.mean(probabilities, 0), 1 - momentum)))
      })
    },
    dispose() {
      confidence.dispose()
      frequency.dispose()
    },
  }
}
