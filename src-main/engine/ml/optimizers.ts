import * as tf from '@tensorflow/tfjs'
import { learnedParameters, type Parameter } from './parameters.ts'

/** Changes the learned parameters of a network by their gradients. */
export interface Optimizer {
  /** Running state, one or two a parameter; belongs into checkpoints. */
  readonly slots: readonly Parameter[]
  /**
   * One step. `gradients` are by the parameter's place in the list given at creation; `learningRate` is a scalar tensor, so
   * that a traced step does not hold it fast. `step` counts from 0.
   */
  apply(gradients: readonly tf.Tensor[], learningRate: tf.Scalar, step: number): void
  dispose(): void
}

export type SgdOptions = Readonly<{
  momentum: number
  nesterov: boolean
  weightDecay: number /** Whether weight decay pulls this parameter. */
  decays: (parameter: Parameter) => boolean
}>

/**
 * Stochastic gradient descent with momentum; weight decay is added to the gradient, as PyTorch's SGD does.
 *
 * v = μv + g + λw; w -= η (nesterov ? g + λw + μv : v)
 */
export function createSgd(parameters: readonly Parameter[], options: SgdOptions): Optimizer {
  const learned = learnedParameters(parameters)
  const slots = learned.map((parameter) => zeroSlot(parameter, 'momentum'))
  const { momentum, nesterov, weightDecay, decays } = options
  return {
    slots,
    apply(gradients, learningRate) {
      for (const [index, parameter] of learned.entries())
        tf.tidy(() => {
          const { variable } = parameter
          const velocity = slots[index]!.variable
          const gradient =
            weightDecay > 0 && decays(parameter) ? tf.add(gradients[index]!, tf.mul(variable, weightDecay)) : gradients[index]!
          velocity.assign(tf.add(tf.mul(velocity, momentum), gradient))
          const direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity
          variable.assign(tf.sub(variable, tf.mul(direction, learningRate)))
        })
    },
    dispose: () => disposeAll(slots),
  }
}

export type AdamOptions = Readonly<{ beta1: number; beta2: number; epsilon: number }>

/** PyTorch's defaults of Adam. */
export const adamDefaults: AdamOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }

/** Adam with bias correction. @source Kingma & Ba 2015, Algorithm 1. */
export function createAdam(parameters: readonly Parameter[], options: AdamOptions): Optimizer {
  const learned = learnedParameters(parameters)
  const first = learned.map((parameter) => zeroSlot(parameter, 'first'))
  const second = learned.map((parameter) => zeroSlot(parameter, 'second'))
  const { beta1, beta2, epsilon } = options
  return {
    slots: [...first, ...second],
    apply(gradients, learningRate, step) {
      const correction1 = 1 - beta1 ** (step + 1)
      const correction2 = Math.sqrt(1 - beta2 ** (step + 1))
      for (const [index, { variable }] of learned.entries())
        tf.tidy(() => {
          const gradient = gradients[index]!
          const mean = first[index]!.variable
          const square = second[index]!.variable
          mean.assign(tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1)))
          square.assign(tf.add(tf.mul(square, beta2), tf.mul(tf.square(gradient), 1 - beta2)))
          const denominator = tf.add(tf.div(tf.sqrt(square), correction2), epsilon)
          variable.assign(tf.sub(variable, tf.mul(tf.div(mean, denominator), tf.div(learningRate, correction1))))
        })
    },
    dispose: () => disposeAll([...first, ...second]),
  }
}

function zeroSlot(parameter: Parameter, slot: string): Parameter {
  const zeros = tf.zerosLike(parameter.variable)
  const variable = tf.variable(zeros, false)
  zeros.dispose()
  return { name: `${parameter.name}:${slot}`, kind: 'statistic', variable }
}

function disposeAll(parameters: readonly Parameter[]): void {
  for (const { variable } of parameters) variable.dispose()
}
