import * as tf from '@tensorflow/tfjs'

/**
 * The values of a computed float32 tensor; all else that was made on the way is disposed.
 *
 * A `tidy` that returns the values themselves would walk through them one by one in search of tensors: a hundred times slower.
 * WebGPU cannot be read at once, so this waits.
 */
export async function computeValues(compute: () => tf.Tensor): Promise<Float32Array> {
  const result = tf.tidy(compute)
  const values = (await result.data()) as Float32Array
  result.dispose()
  return values
}
