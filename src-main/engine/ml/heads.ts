import * as tf from '@tensorflow/tfjs'
import { createDense, relu } from './layers.ts'
import { createParameterStore, type Parameter } from './parameters.ts'

/** A small network on top of features. */
export interface Head {
  readonly parameters: readonly Parameter[]
  /** `[batch, inputs]` to `[batch, outputs]`. */
  apply(features: tf.Tensor2D): tf.Tensor2D
  dispose(): void
}

/** MoCo v2's projection head: linear, ReLU, linear, rows L2-normalised. @source Chen et al. 2020, "MoCo v2", section 3. */
export function createProjectionHead(inputs: number, outputs: number, seed: number): Head {
  const store = createParameterStore(seed)
  const hidden = createDense(store, 'projection.hidden', inputs, inputs, 'uniform-fan-in')
  const out = createDense(store, 'projection.out', inputs, outputs, 'uniform-fan-in')
  return { parameters: store.parameters, apply: (features) => normalizeRows(out(relu(hidden(features)))), dispose: store.dispose }
}

/** SPICE's classification head: linear, ReLU, linear; gives logits. */
export function createClassificationHead(inputs: number, classCount: number, seed: number): Head {
  const store = createParameterStore(seed)
  const hidden = createDense(store, 'head.hidden', inputs, inputs, 'uniform-fan-in')
  const out = createDense(store, 'head.out', inputs, classCount, 'uniform-fan-in')
  return { parameters: store.parameters, apply: (features) => out(relu(hidden(features))), dispose: store.dispose }
}

/** One linear layer to logits, as at the end of a Wide ResNet. */
export function createLinearHead(inputs: number, classCount: number, seed: number): Head {
  const store = createParameterStore(seed)
  const out = createDense(store, 'head.out', inputs, classCount, 'uniform-fan-in')
  return { parameters: store.parameters, apply: out, dispose: store.dispose }
}

/** Rows of `[batch, dim]` scaled to length 1; a row of zeros stays zero. */
export function normalizeRows(rows: tf.Tensor2D): tf.Tensor2D {
  return tf.div(rows, tf.maximum(tf.sqrt(tf.sum(tf.square(rows), 1, true)), 1e-12))
}
