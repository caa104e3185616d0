import * as tf from '@tensorflow/tfjs'
import { type Embeddings, rowsOf } from '#engine/clustering/embeddings.ts'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import type { SelfViews } from '#engine/training/self-views.ts'

/** Views of SPICE-Self whose features are there already; a strong one is drawn for each image. */
export function cachedViews(plain: Embeddings, weak: readonly Embeddings[], strong: readonly Embeddings[], seed: number): SelfViews {
  const { dimension } = plain
  return {
    weak: async (images, set) => rowsOf(weak[set % weak.length]!, images),
    strong(images, headCount, step) {
      const random = createRandom(deriveSeed(seed, 'self-view', step))
      const gathered = new Float32Array(images.length * dimension)
      for (let place = 0; place < images.length; place++) {
        const start = images[place]! * dimension
        gathered.set(strong[random.integer(strong.length)]!.values.subarray(start, start + dimension), place * dimension)
      }
      return tf.tensor3d(gathered, [headCount, images.length / headCount, dimension])
    },
    plain: async () => plain,
  }
}
