import type * as tf from '@tensorflow/tfjs'

/** One variable's step of gradient descent with plain momentum, after both variables were assigned their new values. */
export type MomentumUpdate = Readonly<{
  variable: tf.Variable
  velocity: tf.Variable
  gradient: tf.Tensor
  learningRate: tf.Scalar
  momentum: number
}>

let listener: ((update: MomentumUpdate) => void) | undefined

/** Who wants to hear of every update, to do it in one operation in place of many; undefined: nobody. */
export function listenToMomentumUpdates(given: ((update: MomentumUpdate) => void) | undefined): void {
  listener = given
}

export function announceMomentumUpdate(update: MomentumUpdate): void {
  listener?.(update)
}
