import type * as tf from '@tensorflow/tfjs'
import { normalizeImages } from '#engine/ml/augmentations/normalize.ts'
import type { Backbone } from '#engine/ml/backbones/backbone.ts'
import { computeValues } from '#engine/ml/compute-values.ts'
import { createViewEncoder } from '../view-encoder.ts'

/** A frozen network that turns images into features, whatever computes it. */
export interface Encoder {
  /** Names its files and its part of the features. */
  readonly name: string
  readonly featureCount: number
  /** Side of the images that it wants, in pixels. */
  readonly sidePx: number
  /** `[batch, sidePx, sidePx, 3]` of 0-255 to `[batch, featureCount]`, row-major, not normalised. */
  encode(images: tf.Tensor4D): Promise<Float32Array>
  dispose(): void
}

/** A backbone as an encoder, in inference mode; it is disposed with it. */
export function createBackboneEncoder(name: string, backbone: Backbone, sidePx: number): Encoder {
  const encoder = createViewEncoder(backbone, normalizeImages)
  return {
    name,
    featureCount: backbone.featureCount,
    sidePx,
    encode: (images) => computeValues(() => encoder.encode(images, {})),
    dispose() {
      encoder.dispose()
      backbone.dispose()
    },
  }
}
