import * as tf from '@tensorflow/tfjs'

/** One attribute of a TensorFlow operation, in the form the addon wants. */
type NativeAttribute = Readonly<{ name: string; type: number; value: unknown }>

/** The parts of tfjs-node's backend that let any TensorFlow operation be called by its name. */
interface NativeBackend {
  readonly binding: Readonly<Record<'TF_ATTR_TYPE' | 'TF_ATTR_FLOAT' | 'TF_ATTR_STRING' | 'TF_ATTR_BOOL' | 'TF_FLOAT' | 'TF_INT32', number>>
  executeMultipleOutputs(name: string, attributes: NativeAttribute[], inputs: tf.Tensor[], outputCount: number): tf.Tensor[]
}

export type NativeAttributes = Readonly<
  Record<string, { type: 'float32' | 'int32' } | { float: number } | { string: string } | { bool: boolean }>
>

/** Whether the present backend is TensorFlow itself, so that {@link nativeOp} can be called. */
export function hasNativeOps(): boolean {
  return tf.getBackend() === 'tensorflow'
}

/**
 * Calls a TensorFlow operation that TensorFlow.js does not wrap. No gradient is recorded: call it inside `tf.customGrad`.
 *
 * @throws Error when the backend is not TensorFlow, or TensorFlow refuses the inputs.
 */
export function nativeOp(name: string, attributes: NativeAttributes, inputs: readonly tf.Tensor[], outputCount: number): tf.Tensor[] {
  const backend = tf.backend() as unknown as NativeBackend
  const { binding } = backend
  const list = Object.entries(attributes).map(([attribute, given]): NativeAttribute => {
    if ('type' in given)
      return { name: attribute, type: binding.TF_ATTR_TYPE, value: given.type === 'int32' ? binding.TF_INT32 : binding.TF_FLOAT }
    if ('float' in given) return { name: attribute, type: binding.TF_ATTR_FLOAT, value: given.float }
    if ('string' in given) return { name: attribute, type: binding.TF_ATTR_STRING, value: given.string }
    return { name: attribute, type: binding.TF_ATTR_BOOL, value: given.bool }
  })
  return backend.executeMultipleOutputs(name, list, [...inputs], outputCount)
}
