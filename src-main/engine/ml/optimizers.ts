import * as tf from '@tensorflow/tfjs'
import { type DrawnValues, shapeValues } from './drawn-values.ts'
import { announceMomentumUpdate } from './momentum-update.ts'
import { learnedParameters, type Parameter } from './parameters.ts'

/** Changes the learned parameters of a network by their gradients. */
export interface Optimizer {
  /** What it changes. */
  readonly learned: readonly Parameter[]
  /** Running state, one or two a parameter; belongs into checkpoints. */
  readonly slots: readonly Parameter[]
  /** What differs from step to step, to be fed to {@link apply}: a few numbers. `step` counts from 0. */
  rates(learningRate: number, step: number): Float32Array
  /** One step. `gradients` are in the order of `learned`. */
  apply(gradients: readonly tf.Tensor[], rates: DrawnValues): void
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
    learned,
    slots,
    rates: (learningRate) => Float32Array.of(learningRate),
    apply(gradients, rates) {
      const learningRate = shapeValues<tf.Rank.R0>(rates, [])
      for (const [index, parameter] of learned.entries())
        tf.tidy(() => {
          const { variable } = parameter
          const velocity = slots[index]!.variable
          const gradient =
            weightDecay > 0 && decays(parameter) ? tf.add(gradients[index]!, tf.mul(variable, weightDecay)) : gradients[index]!
          velocity.assign(tf.add(tf.mul(velocity, momentum), gradient))
          const direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity
          variable.assign(tf.sub(variable, tf.mul(direction, learningRate)))
          // TensorFlow's own Nesterov rounds otherwise.
          if (!nesterov) announceMomentumUpdate({ variable, velocity, gradient, learningRate, momentum })
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
    learned,
    slots: [...first, ...second],
    rates: (learningRate, step) => Float32Array.of(learningRate / (1 - beta1 ** (step + 1)), Math.sqrt(1 - beta2 ** (step + 1))),
    apply(gradients, rates) {
      const [learningRate, correction] = tf.unstack(shapeValues<tf.Rank.R1>(rates, [2])) as [tf.Scalar, tf.Scalar]
      for (const [index, { variable }] of learned.entries())
        tf.tidy(() => {
          const gradient = gradients[index]!
          const mean = first[index]!.variable
          const square = second[index]!.variable
          mean.assign(tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1)))
          square.assign(tf.add(tf.mul(square, beta2), tf.mul(tf.square(gradient), 1 - beta2)))
          const denominator = tf.add(tf.div(tf.sqrt(square), correction), epsilon)
          variable.assign(tf.sub(variable, tf.mul(tf.div(mean, denominator), learningRate)))
        })
    },
    dispose: () => disposeAll([...first, ...second]),
  }
}

/**
 * One step down the gradient of the loss that `compute` gives; what else it gives is passed on.
 *
 * @param rates What the optimizer's `rates` gave for this step.
 */
export function minimize<Computed extends Readonly<{ loss: tf.Scalar } & Record<string, tf.Tensor>>>(
  optimizer: Optimizer,
  rates: DrawnValues,
  compute: () => Computed,
): Computed {
  let computed!: Computed
  const { grads } = tf.variableGrads(
    () => {
      computed = compute()
      for (const tensor of Object.values(computed)) tf.keep(tensor)
      return tf.clone(computed.loss)
    },
    optimizer.learned.map(({ variable }) => variable),
  )
  optimizer.apply(
    optimizer.learned.map(({ variable }) => grads[variable.name]!),
    rates,
  )
  // Kept out of the tape's own scope alone: what is passed on belongs to the caller's.
  const passedOn = Object.fromEntries(Object.entries(computed).map(([name, tensor]) => [name, tf.clone(tensor)])) as Computed
  tf.dispose(computed)
  return passedOn
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
