import * as tf from '@tensorflow/tfjs'

/** All variables of TensorFlow.js that are not disposed. */
export function liveVariables(): tf.Variable[] {
  const { state } = tf.engine() as unknown as { state: { registeredVariables: Record<string, tf.Variable> } }
  return Object.values(state.registeredVariables)
}

/** Name of the node that holds a variable in a graph. */
export function handleName(variable: tf.Variable): string {
  return `variable_${variable.id}`
}
