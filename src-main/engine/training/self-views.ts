import * as tf from '@tensorflow/tfjs'
import { type Embeddings, rowsOf } from '#engine/clustering/embeddings.ts'
import { normalizeImages } from '#engine/ml/augmentations/normalize.ts'
import { applyStrongView, drawStrongView } from '#engine/ml/augmentations/strong.ts'
import { applyWeakView, drawWeakView } from '#engine/ml/augmentations/weak.ts'
import type { Backbone } from '#engine/ml/backbones/backbone.ts'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import type { SelfSettings } from '#shared/stages/self.ts'
import { computeValues } from './compute-values.ts'
import { drawStrongFeatures, loadHeadViews } from './encoders/head-views.ts'
import { computeFeatures } from './features.ts'
import type { ImageSource } from './image-source.ts'
import { type RunHost, StageStopped } from './run-context.ts'

/** Where SPICE-Self gets the features of its views from. */
export interface SelfViews {
  /** Features of weak views of these images, for one set of pseudo-labels: `[images, featureCount]`. */
  weak(images: Int32Array, set: number): Promise<Embeddings>
  /** Features of strong views for a step: `[heads, batch, featureCount]`; `images` is `[heads * batch]`. Caller disposes. */
  strong(images: Int32Array, headCount: number, step: number): tf.Tensor3D
  /** Features of the images as they are: `[images, featureCount]`. */
  plain(): Promise<Embeddings>
}

/** Memory for cached features; fewer views are kept where they would not fit. */
const cacheBytes = 1 << 30
const encodeBatch = 256

/**
 * Features of a few views of each image, computed once: the backbone is frozen, so they stay true.
 *
 * @throws StageStopped.
 */
export async function cacheViews(
  backbone: Backbone,
  source: ImageSource,
  plain: Embeddings,
  settings: SelfSettings,
  seed: number,
  host: RunHost,
): Promise<SelfViews> {
  const viewBytes = source.count * backbone.featureCount * 4
  const strongCount = Math.max(1, Math.min(settings.cachedViews, Math.floor((cacheBytes * 2) / (3 * viewBytes))))
  const weakCount = Math.ceil(strongCount / 3)
  const encode = (kind: 'weak' | 'strong', index: number, total: number): Promise<Embeddings> =>
    computeFeatures(
      backbone,
      source,
      {
        batchSize: encodeBatch,
        note: `${kind} views ${index + 1} of ${total}`,
        view: (images, block) => {
          const random = createRandom(deriveSeed(seed, 'self-cache', kind, index, block))
          const [batch, side] = images.shape
          return kind === 'weak'
            ? applyWeakView(images, drawWeakView(random, batch, settings.cropPadding))
            : applyStrongView(images, drawStrongView(random, batch, side, strongOptions(settings)))
        },
      },
      host,
    )
  const weak: Embeddings[] = []
  const strong: Embeddings[] = []
  for (let index = 0; index < weakCount; index++) weak.push(await encode('weak', index, weakCount))
  for (let index = 0; index < strongCount; index++) strong.push(await encode('strong', index, strongCount))
  const { featureCount } = backbone
  return {
    weak: async (images, set) => rowsOf(weak[set % weakCount], images),
    strong(images, headCount, step) {
      const random = createRandom(deriveSeed(seed, 'self-view', step))
      const gathered = new Float32Array(images.length * featureCount)
      for (let place = 0; place < images.length; place++) {
        const { values } = strong[random.integer(strongCount)]
        gathered.set(values.subarray(images[place] * featureCount, (images[place] + 1) * featureCount), place * featureCount)
      }
      return tf.tensor3d(gathered, [headCount, images.length / headCount, featureCount])
    },
    plain: async () => plain,
  }
}

/** Features that were computed once, by encoders that stay as they are: a view is one of the stored ones, a strong view lacks a part of it. */
export function fixedViews(recipe: ResolvedRecipe, plain: Embeddings, seed: number, host: Pick<RunHost, 'files'>): SelfViews {
  const stored = loadHeadViews(recipe, host.files, plain.count)
  return {
    weak: async (images, set) => rowsOf(stored[set % stored.length], images),
    strong(images, headCount, step) {
      const random = createRandom(deriveSeed(seed, 'self-view', step))
      const views = drawStrongFeatures(stored, images, random, recipe.self.featureDropout)
      return tf.tensor3d(views, [headCount, images.length / headCount, plain.dimension])
    },
    plain: async () => plain,
  }
}

/**
 * Features of views made anew each time, as published. With `frozenStatistics` off, strong views pass batch norm in training
 * mode and the running statistics drift.
 */
export function freshViews(backbone: Backbone, source: ImageSource, settings: SelfSettings, seed: number, host: RunHost): SelfViews {
  const mode = settings.frozenStatistics ? 'running' : 'batch'
  return {
    async weak(images, set) {
      const values = new Float32Array(images.length * backbone.featureCount)
      for (let start = 0; start < images.length; start += settings.scoreBatchSize) {
        if (host.shouldStop()) throw new StageStopped(0)
        const block = images.subarray(start, start + settings.scoreBatchSize)
        const random = createRandom(deriveSeed(seed, 'self-weak', set, start))
        const features = await computeValues(() =>
          backbone.features(applyWeakView(source.images(block), drawWeakView(random, block.length, settings.cropPadding)), 'running'),
        )
        values.set(features, start * backbone.featureCount)
        await tf.nextFrame()
      }
      return { values, count: images.length, dimension: backbone.featureCount }
    },
    strong(images, headCount, step) {
      return tf.tidy(() => {
        const random = createRandom(deriveSeed(seed, 'self-view', step))
        const views = applyStrongView(source.images(images), drawStrongView(random, images.length, source.side, strongOptions(settings)))
        return tf.reshape(backbone.features(views, mode), [headCount, images.length / headCount, backbone.featureCount])
      })
    },
    plain: () => computeFeatures(backbone, source, { batchSize: encodeBatch, note: 'scoring all images', view: normalizeImages }, host),
  }
}

function strongOptions(settings: SelfSettings): { form: 'scan'; operationCount: number; cutoutRatio: number; cropPadding: number } {
  return { form: 'scan', operationCount: settings.strongOperations, cutoutRatio: settings.cutoutSize, cropPadding: settings.cropPadding }
}
