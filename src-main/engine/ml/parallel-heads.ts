import * as tf from '@tensorflow/tfjs'
import { gatherRows } from './gather-rows.ts'
import { relu } from './layers.ts'
import { createParameterStore, type Parameter } from './parameters.ts'

/** Several classification heads of one shape that are computed together, each with weights of its own. */
export interface ParallelHeads {
  /** In this order: `hidden.weight` `[heads, inputs, inputs]`, `hidden.bias` `[heads, 1, inputs]`, `out.weight` `[heads, inputs, classes]`, `out.bias` `[heads, 1, classes]`. */
  readonly parameters: readonly Parameter[]
  /** Each head on a batch of its own: `[heads, batch, inputs]` to logits `[heads, batch, classes]`. */
  applyEach(features: tf.Tensor3D): tf.Tensor3D
  /** One head, `head` its number as `[1]` int32: `[batch, inputs]` to logits `[batch, classes]`. */
  applyOne(features: tf.Tensor2D, head: tf.Tensor1D): tf.Tensor2D
  dispose(): void
}

/**
 * SPICE's independent heads (linear, ReLU, linear) as batched matrix products.
 *
 * @source SPICE section 1.4: 10 heads, 512 -> 512 -> K, PyTorch's default initialisation.
 */
export function createParallelHeads(headCount: number, inputs: number, classCount: number, seed: number): ParallelHeads {
  const store = createParameterStore(seed)
  const hiddenWeight = store.create('hidden.weight', 'weight', [headCount, inputs, inputs], 'uniform-fan-in', inputs)
  const hiddenBias = store.create('hidden.bias', 'bias', [headCount, 1, inputs], 'uniform-fan-in', inputs)
  const outWeight = store.create('out.weight', 'weight', [headCount, inputs, classCount], 'uniform-fan-in', inputs)
  const outBias = store.create('out.bias', 'bias', [headCount, 1, classCount], 'uniform-fan-in', inputs)
  const apply = (features: tf.Tensor3D, [into, intoOffset, out, outOffset]: readonly tf.Tensor[]): tf.Tensor3D => {
    const hidden = relu(tf.add(tf.matMul(features, into as tf.Tensor3D), intoOffset))
    return tf.add(tf.matMul(hidden, out as tf.Tensor3D), outOffset)
  }
  const weights = [hiddenWeight, hiddenBias, outWeight, outBias]
  return {
    parameters: store.parameters,
    applyEach: (features) => apply(features, weights),
    applyOne: (features, head) =>
      tf.squeeze(
        apply(
          tf.expandDims(features, 0),
          weights.map((each) => gatherRows(each as tf.Tensor, head)),
        ),
        [0],
      ),
    dispose: store.dispose,
  }
}
