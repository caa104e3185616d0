import * as tf from '@tensorflow/tfjs'
import type { Parameter } from './parameters.ts'
import { createRandom } from './random.ts'

/** The negatives of contrastive learning: the newest `size` keys, oldest first. */
export interface KeyQueue {
  readonly parameter: Parameter
  /** `[size, dim]`, rows L2-normalised. */
  readonly keys: tf.Tensor2D
  /** Puts `[batch, dim]` at the end and lets the oldest go. */
  enqueue(keys: tf.Tensor2D): void
  dispose(): void
}

/**
 * A queue filled with random unit vectors.
 *
 * Differs from the paper: the rows shift, where MoCo writes at a moving pointer; the set of keys is the same, and the update
 * has static shapes.
 *
 * @source He et al. 2020, "Momentum Contrast", Algorithm 1.
 */
export function createKeyQueue(size: number, dimension: number, seed: number): KeyQueue {
  const random = createRandom(seed)
  const values = Float32Array.from({ length: size * dimension }, () => random.normal())
  const keys = tf.tidy(() => {
    const rows = tf.tensor2d(values, [size, dimension])
    return tf.variable(tf.div(rows, tf.norm(rows, 2, 1, true)) as tf.Tensor2D, false)
  }) as tf.Variable<tf.Rank.R2>
  return {
    parameter: { name: 'queue', kind: 'statistic', variable: keys },
    keys,
    enqueue(newest) {
      const count = newest.shape[0]
      if (count > size) throw new RangeError(`A queue of ${size} cannot take ${count} keys at once.`)
      tf.tidy(() => keys.assign(tf.concat([tf.slice(keys, [count, 0], [size - count, dimension]), newest], 0)))
    },
    dispose: () => keys.dispose(),
  }
}
