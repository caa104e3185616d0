import * as tf from '@tensorflow/tfjs'
import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { normalizeImages } from '#engine/ml/augmentations/normalize.ts'
import type { Backbone } from '#engine/ml/backbones/backbone.ts'
import { blocks } from './batches.ts'
import { computeValues } from './compute-values.ts'
import type { ImageSource } from './image-source.ts'
import { type RunHost, StageStopped } from './run-context.ts'

export type FeatureOptions = Readonly<{
  batchSize: number
  /** The view of the images that is embedded; `block` counts from 0. Without one: the images as they are. */
  view?: (images: tf.Tensor4D, block: number) => tf.Tensor4D
  /** What is being done, for a person. */
  note: string
}>

/**
 * Features of all images by a frozen backbone: `[images, featureCount]`, not normalised.
 *
 * @throws StageStopped when asked to stop.
 */
export async function computeFeatures(
  backbone: Backbone,
  source: ImageSource,
  options: FeatureOptions,
  host: RunHost,
): Promise<Embeddings> {
  const values = new Float32Array(source.count * backbone.featureCount)
  const startedAt = host.now()
  let block = 0
  for (const indices of blocks(source.count, options.batchSize)) {
    if (host.shouldStop()) throw new StageStopped(0)
    const features = await computeValues(() => {
      const images = source.images(indices)
      return backbone.features(options.view ? options.view(images, block) : normalizeImages(images), 'running')
    })
    values.set(features, indices[0] * backbone.featureCount)
    block++
    const done = indices[0] + indices.length
    const seconds = (host.now() - startedAt) / 1000
    const secondsLeft = (seconds / done) * (source.count - done)
    host.progress({
      step: done,
      totalSteps: source.count,
      imagesPerSecond: done / Math.max(seconds, 1e-6),
      secondsLeft,
      note: options.note,
    })
    await tf.nextFrame()
  }
  return { values, count: source.count, dimension: backbone.featureCount }
}
