import * as tf from '@tensorflow/tfjs'
import { openPixelPackReader } from '#engine/images/pixel-pack.ts'
import { applyRegularView } from '#engine/ml/augmentations/regular-view.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import type { PixelPack } from '#shared/worker-protocol.ts'

/** The images of a run, decoded, by their place in its list. */
export interface ImageSource {
  readonly count: number
  readonly side: number
  /** `[indices, side, side, 3]` float32 of 0-255. Caller disposes. */
  images(indices: ArrayLike<number>): tf.Tensor4D
  close(): void
}

/** @param rows `[images]` row of each image in the pack. */
export function openImageSource(pack: PixelPack, rows: Int32Array): ImageSource {
  const reader = openPixelPackReader(pack)
  return {
    count: rows.length,
    side: pack.size,
    images: (indices) => toImages(reader.readRows(Int32Array.from(indices, (index) => rows[index])), pack.size),
    close: () => reader.close(),
  }
}

/** Images that are in memory already, as `[count, side, side, 3]` bytes. */
export function imagesInMemory(pixels: Uint8Array, side: number): ImageSource {
  const rowBytes = side * side * 3
  return {
    count: pixels.length / rowBytes,
    side,
    images(indices) {
      const chosen = new Uint8Array(indices.length * rowBytes)
      for (let place = 0; place < indices.length; place++)
        chosen.set(pixels.subarray(indices[place] * rowBytes, (indices[place] + 1) * rowBytes), place * rowBytes)
      return toImages(chosen, side)
    },
    close: () => undefined,
  }
}

/** The images at the side at which a run learns them: those that were read larger are reduced. */
export function toLearningSide(source: ImageSource, { pretrain: { sidePx } }: ResolvedRecipe): ImageSource {
  // Runs of before there was such a setting learned images as they were read.
  if (!(sidePx < source.side)) return source
  const whole = { top: 0, left: 0, extent: 1, isMirrored: false }
  return {
    ...source,
    side: sidePx,
    images: (indices) => tf.tidy(() => tf.round(applyRegularView(source.images(indices), whole, sidePx))),
  }
}

function toImages(bytes: Uint8Array, side: number): tf.Tensor4D {
  return tf.tensor4d(new Float32Array(bytes), [bytes.length / (side * side * 3), side, side, 3])
}
