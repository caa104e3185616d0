import * as tf from '@tensorflow/tfjs'
import { createRandom } from '#engine/ml/random.ts'

/** `[batch][y][x][channel]` */
export type Pixels = number[][][][]

/** Whole numbers 0-255 that are not evenly spread, so that histograms have something to do. */
export function tinyImages(batch: number, side: number, seed: number): Pixels {
  const random = createRandom(seed)
  return Array.from({ length: batch }, () => {
    const [low, range] = [random.integer(100), 40 + random.integer(110)]
    return Array.from({ length: side }, () =>
      Array.from({ length: side }, () => Array.from({ length: 3 }, () => low + Math.floor(range * random.uniform() ** 2))),
    )
  })
}

export const toTensor = (pixels: Pixels): tf.Tensor4D => tf.tensor4d(pixels)

/** One new value for each pixel's channel, by loops. */
export function mapPixels(pixels: Pixels, map: (value: number, image: number, y: number, x: number, channel: number) => number): Pixels {
  return pixels.map((rows, image) =>
    rows.map((row, y) => row.map((pixel, x) => pixel.map((value, channel) => map(value, image, y, x, channel)))),
  )
}

/** Greatest difference between a tensor and plain pixels; the tensor is disposed. */
export async function greatestDifference(actual: tf.Tensor, expected: Pixels): Promise<number> {
  const values = await actual.data()
  actual.dispose()
  const flat = expected.flat(3)
  if (values.length !== flat.length) throw new Error(`${values.length} values instead of ${flat.length}.`)
  let greatest = 0
  for (const [index, value] of flat.entries()) {
    const difference = Math.abs(values[index]! - value)
    // Written so that NaN is a difference.
    if (!(difference <= greatest)) greatest = difference
  }
  return greatest
}
