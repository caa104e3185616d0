import * as tf from '@tensorflow/tfjs'

/** Losses of `steps` plain gradient steps on the loss's own input, from the first to after the last. */
export function descend(start: tf.Tensor, loss: (input: tf.Tensor) => tf.Scalar, learningRate: number, steps = 20): number[] {
  const input = tf.variable(start)
  const losses: number[] = []
  for (let step = 0; step <= steps; step++)
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => loss(input), [input])
      losses.push(value.dataSync()[0]!)
      input.assign(tf.sub(input, tf.mul(grads[input.name]!, learningRate)))
    })
  input.dispose()
  return losses
}
