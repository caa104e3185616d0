import * as tf from '@tensorflow/tfjs'
import { SpicerackError } from '#shared/errors.ts'
import { checkEmbeddings, type Embeddings } from './embeddings.ts'
import { type Follow, pause } from './pause.ts'

export type NeighbourOptions = Readonly<{
  /** Nearest images of each, itself included; clipped to the number of images. */
  neighbourCount: number
  /** Memory for the similarities of one block. */
  memoryBytes: number
}>

export type Neighbours = Readonly<{
  count: number
  neighbourCount: number
  /** `[count, neighbourCount]` images, most similar first; the image itself is always the first. */
  indices: Int32Array
  /** `[count, neighbourCount]` dot products, descending but for the first. */
  similarities: Float32Array
}>

/**
 * The exact nearest images of every image by dot product: cosine, as rows are L2-normalised.
 * Works in blocks of rows against all images, within a fixed memory, never holding all pairs.
 *
 * @throws BAD_INPUT when a value is not finite; CANCELLED.
 * @source SPICE, tools/local_consistency.py: the image itself counts among its neighbours.
 */
export async function findNeighbours(embeddings: Embeddings, options: NeighbourOptions, follow: Follow = {}): Promise<Neighbours> {
  checkEmbeddings(embeddings)
  const { count, dimension } = embeddings
  const neighbourCount = Math.min(options.neighbourCount, count)
  if (neighbourCount < 1) throw new SpicerackError('INTERNAL', 'At least one neighbour must be asked for.')
  const indices = new Int32Array(count * neighbourCount)
  const similarities = new Float32Array(count * neighbourCount)
  // A block holds its products, and a backend may hold as much again while it sorts them.
  const blockRows = Math.max(1, Math.min(count, Math.floor(options.memoryBytes / (8 * (count + dimension)))))
  const all = tf.tensor2d(embeddings.values, [count, dimension])
  try {
    for (let row = 0; row < count; row += blockRows) {
      const size = Math.min(blockRows, count - row)
      const nearest = tf.tidy(() => {
        const block = size === count ? all : all.slice([row, 0], [size, dimension])
        const { values, indices } = tf.topk(tf.matMul(block, all, false, true), neighbourCount)
        return { values, indices }
      })
      indices.set((await nearest.indices.data()) as Int32Array, row * neighbourCount)
      similarities.set((await nearest.values.data()) as Float32Array, row * neighbourCount)
      tf.dispose([nearest.values, nearest.indices])
      for (let image = row; image < row + size; image++) putSelfFirst(embeddings, image, neighbourCount, indices, similarities)
      await pause(follow, (row + size) / count)
    }
  } finally {
    all.dispose()
  }
  return { count, neighbourCount, indices, similarities }
}

/** Among equal similarities (duplicates) another image may have come first, or so many that the image itself is missing. */
function putSelfFirst(
  embeddings: Embeddings,
  image: number,
  neighbourCount: number,
  indices: Int32Array,
  similarities: Float32Array,
): void {
  const start = image * neighbourCount
  if (indices[start] === image) return
  const end = start + neighbourCount
  const found = indices.subarray(start, end).indexOf(image)
  const similarity = found < 0 ? squaredNorm(embeddings, image) : similarities[start + found]
  const last = found < 0 ? neighbourCount - 1 : found
  indices.copyWithin(start + 1, start, start + last)
  similarities.copyWithin(start + 1, start, start + last)
  indices[start] = image
  similarities[start] = similarity
}

function squaredNorm(embeddings: Embeddings, image: number): number {
  let sum = 0
  for (const value of embeddings.values.subarray(image * embeddings.dimension, (image + 1) * embeddings.dimension)) sum += value * value
  return sum
}
