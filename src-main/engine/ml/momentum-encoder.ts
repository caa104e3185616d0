import * as tf from '@tensorflow/tfjs'
import { learnedParameters, type Parameter } from './parameters.ts'

/** Moves every learned parameter of `target` towards its twin in `source`: target = m target + (1 - m) source. */
export function followWithMomentum(target: readonly Parameter[], source: readonly Parameter[], momentum: number): void {
  const twins = learnedParameters(source)
  for (const [index, { variable }] of learnedParameters(target).entries())
    tf.tidy(() => variable.assign(tf.add(tf.mul(variable, momentum), tf.mul(twins[index]!.variable, 1 - momentum))))
}

/** Gives every parameter of `target`, running statistics too, the value of its twin in `source`. */
export function copyParameters(target: readonly Parameter[], source: readonly Parameter[]): void {
  for (const [index, { variable }] of target.entries()) assignCopy(variable, source[index]!.variable)
}

/** Copies the running statistics alone; the learned parameters stay. */
export function copyStatistics(target: readonly Parameter[], source: readonly Parameter[]): void {
  for (const [index, { kind, variable }] of target.entries()) if (kind === 'statistic') assignCopy(variable, source[index]!.variable)
}

/** A copy with data of its own: assigning the tensor itself would leave both variables with one buffer. */
function assignCopy(target: tf.Variable, source: tf.Tensor): void {
  tf.tidy(() => target.assign(tf.mul(source, 1)))
}
