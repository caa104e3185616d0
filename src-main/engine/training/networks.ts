import * as tf from '@tensorflow/tfjs'
import type { Parameter } from '#engine/ml/parameters.ts'
import type { NamedTensors } from './stage.ts'

/** The parameters of a network as named tensors, by reference. */
export function namedTensors(parameters: readonly Parameter[], prefix = ''): NamedTensors {
  return Object.fromEntries(parameters.map(({ name, variable }) => [prefix + name, variable]))
}

/** Gives parameters the values of the tensors of the same name, as copies. @throws Error when one is missing. */
export function restoreParameters(parameters: readonly Parameter[], tensors: NamedTensors, prefix = ''): void {
  for (const { name, variable } of parameters) {
    const value = tensors[prefix + name]
    if (!value) throw new Error(`The checkpoint has no "${prefix + name}".`)
    tf.tidy(() => variable.assign(value.dtype === 'float32' ? tf.mul(value, 1) : tf.clone(value)))
  }
}
