import * as tf from '@tensorflow/tfjs'
import type { Embeddings } from '#engine/clustering/embeddings.ts'
import type { Feeds } from '#engine/graph/feeds.ts'
import { computeValues } from '#engine/ml/compute-values.ts'
import type { Message } from '#shared/said.ts'
import { blocks } from './batches.ts'
import type { ImageSource } from './image-source.ts'
import { type RunHost, StageStopped } from './run-context.ts'
import type { ViewEncoder } from './view-encoder.ts'

export type FeatureOptions<View extends Feeds> = Readonly<{
  batchSize: number
  /** Draws the view of a block of `count` images; `block` counts from 0. */
  draw: (count: number, block: number) => View
  /** What is being done, for a person. */
  note: Message
}>

/**
 * Features of all images: `[images, featureCount]`, not normalised.
 *
 * @throws StageStopped when asked to stop.
 */
export async function computeFeatures<View extends Feeds>(
  encoder: ViewEncoder<View>,
  source: ImageSource,
  options: FeatureOptions<View>,
  host: RunHost,
): Promise<Embeddings> {
  const values = new Float32Array(source.count * encoder.featureCount)
  const startedAt = host.now()
  let block = 0
  for (const indices of blocks(source.count, options.batchSize)) {
    if (host.shouldStop()) throw new StageStopped(0)
    const features = await computeValues(() => encoder.encode(source.images(indices), options.draw(indices.length, block)))
    values.set(features, indices[0] * encoder.featureCount)
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
  return { values, count: source.count, dimension: encoder.featureCount }
}
