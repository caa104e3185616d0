import * as tf from '@tensorflow/tfjs'
import { hasNativeOps, nativeOp } from './native-ops.ts'

/**
 * The rows of `values` at these places; no gradient.
 *
 * On TensorFlow not through `tf.gather`, which reads the places in JavaScript to check them, so that no recorded step could use it.
 *
 * @param places `[count]` int32, each below the number of rows.
 */
export function gatherRows<T extends tf.Tensor>(values: T, places: tf.Tensor1D): T {
  if (!hasNativeOps()) return tf.gather(values, places)
  return tf.tidy(() => {
    const attributes = {
      Tparams: { type: values.dtype as 'float32' | 'int32' },
      Tindices: { type: 'int32' },
      Taxis: { type: 'int32' },
    } as const
    return nativeOp('GatherV2', attributes, [values, places, tf.scalar(0, 'int32')], 1)[0] as T
  })
}
