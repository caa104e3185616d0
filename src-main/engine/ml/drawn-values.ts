import * as tf from '@tensorflow/tfjs'

/** Numbers that chance decided, as drawn or, in a step that is recorded, as a tensor of them. */
export type DrawnValues = Float32Array | tf.Tensor

/** The numbers as a tensor of this shape. */
export function shapeValues<Rank extends tf.Rank>(values: DrawnValues, shape: tf.ShapeMap[Rank]): tf.Tensor<Rank> {
  return values instanceof Float32Array ? tf.tensor<Rank>(values, shape) : tf.reshape<Rank>(values, shape)
}
