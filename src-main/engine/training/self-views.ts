import * as tf from '@tensorflow/tfjs'
import { type Embeddings, type MadeRows, rowsOf } from '#engine/clustering/embeddings.ts'
import { normalizeImages } from '#engine/ml/augmentations/normalize.ts'
import { applyStrongView, drawStrongView, type StrongView } from '#engine/ml/augmentations/strong.ts'
import { applyWeakView, drawWeakView, type WeakView } from '#engine/ml/augmentations/weak.ts'
import type { Backbone } from '#engine/ml/backbones/backbone.ts'
import { computeValues } from '#engine/ml/compute-values.ts'
import type { DrawnValues } from '#engine/ml/drawn-values.ts'
import { createRandom, deriveSeed, type Random } from '#engine/ml/random.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import { say } from '#shared/said.ts'
import type { SelfSettings } from '#shared/stages/self.ts'
import { drawStrongFeatures, loadHeadViews } from './encoders/head-views.ts'
import { computeFeatures } from './features.ts'
import type { ImageSource } from './image-source.ts'
import { type RunHost, StageStopped } from './run-context.ts'
import { createViewEncoder } from './view-encoder.ts'

/** Where SPICE-Self gets the features of its views from. */
export interface SelfViews {
  /** Features of weak views of these images, for one set of pseudo-labels: `[images, featureCount]`. */
  weak(images: Int32Array, set: number): Promise<Embeddings>
  /** Features of strong views for a step: `[heads, batch, featureCount]`; `images` is `[heads * batch]`. Caller disposes. */
  strong(images: Int32Array, headCount: number, step: number): tf.Tensor3D
  /** Features of the images as they are: `[images, featureCount]`. */
  plain(): Promise<Embeddings | MadeRows>
}

/** Views that a backbone computes. */
export interface ComputedViews extends SelfViews {
  /** Brings the backbone's running statistics up to date, where they drift. */
  readVariables(): void
  dispose(): void
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
  plain: Embeddings | MadeRows,
  settings: SelfSettings,
  seed: number,
  host: RunHost,
): Promise<ComputedViews> {
  const viewBytes = source.count * backbone.featureCount * 4
  const strongCount = Math.max(1, Math.min(settings.cachedViews, Math.floor((cacheBytes * 2) / (3 * viewBytes))))
  const weakCount = Math.ceil(strongCount / 3)
  const views = createViews(backbone, settings)
  const encode = (kind: 'weak' | 'strong', index: number, total: number): Promise<Embeddings> => {
    const note = say(kind === 'weak' ? 'weakViews' : 'strongViews', { place: index + 1, total })
    const randomOf = (block: number): Random => createRandom(deriveSeed(seed, 'self-cache', kind, index, block))
    if (kind === 'weak') {
      const draw = (count: number, block: number): WeakView => views.drawWeak(randomOf(block), count)
      return computeFeatures(views.weak, source, { batchSize: encodeBatch, draw, note }, host)
    }
    const draw = (count: number, block: number): StrongView => views.drawStrong(randomOf(block), count, source.side)
    return computeFeatures(views.strong, source, { batchSize: encodeBatch, draw, note }, host)
  }
  const weak: Embeddings[] = []
  const strong: Embeddings[] = []
  try {
    for (let index = 0; index < weakCount; index++) weak.push(await encode('weak', index, weakCount))
    for (let index = 0; index < strongCount; index++) strong.push(await encode('strong', index, strongCount))
  } finally {
    views.dispose()
  }
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
    readVariables: () => undefined,
    dispose: () => undefined,
  }
}

/**
 * Features that were computed once, by encoders that stay as they are: a view is one of the stored ones, a strong view lacks a part of it.
 * They are read when a view is first asked for.
 */
export function fixedViews(
  recipe: ResolvedRecipe,
  plain: Embeddings | MadeRows,
  seed: number,
  host: Pick<RunHost, 'files'>,
): ComputedViews {
  let loaded: readonly Embeddings[] | undefined
  const stored = (): readonly Embeddings[] => {
    loaded ??= loadHeadViews(recipe, host.files, plain.count)
    return loaded
  }
  return {
    weak: async (images, set) => rowsOf(stored()[set % stored().length], images),
    strong(images, headCount, step) {
      const random = createRandom(deriveSeed(seed, 'self-view', step))
      const views = drawStrongFeatures(stored(), images, random, recipe.self.featureDropout)
      return tf.tensor3d(views, [headCount, images.length / headCount, plain.dimension])
    },
    plain: async () => plain,
    readVariables: () => undefined,
    dispose: () => undefined,
  }
}

/**
 * Features of views made anew each time, as published. With `frozenStatistics` off, strong views pass batch norm in training
 * mode and the running statistics drift.
 */
export function freshViews(backbone: Backbone, source: ImageSource, settings: SelfSettings, seed: number, host: RunHost): ComputedViews {
  const { featureCount } = backbone
  const views = createViews(backbone, settings)
  const plain = createViewEncoder(backbone, normalizeImages)
  return {
    async weak(images, set) {
      views.strong.readVariables()
      const values = new Float32Array(images.length * featureCount)
      for (let start = 0; start < images.length; start += settings.scoreBatchSize) {
        if (host.shouldStop()) throw new StageStopped(0)
        const block = images.subarray(start, start + settings.scoreBatchSize)
        const view = views.drawWeak(createRandom(deriveSeed(seed, 'self-weak', set, start)), block.length)
        values.set(await computeValues(() => views.weak.encode(source.images(block), view)), start * featureCount)
        await tf.nextFrame()
      }
      return { values, count: images.length, dimension: featureCount }
    },
    strong(images, headCount, step) {
      return tf.tidy(() => {
        const view = views.drawStrong(createRandom(deriveSeed(seed, 'self-view', step)), images.length, source.side)
        const features = views.strong.encode(source.images(images), view)
        return tf.reshape(features, [headCount, images.length / headCount, featureCount])
      })
    },
    plain() {
      views.strong.readVariables()
      return computeFeatures(plain, source, { batchSize: encodeBatch, draw: () => ({}), note: say('scoring') }, host)
    },
    readVariables: views.strong.readVariables,
    dispose() {
      views.dispose()
      plain.dispose()
    },
  }
}

/** Both kinds of views: how they are drawn, and the backbone behind them. */
function createViews(backbone: Backbone, settings: SelfSettings) {
  const options = {
    form: 'scan',
    operationCount: settings.strongOperations,
    cutoutRatio: settings.cutoutSize,
    cropPadding: settings.cropPadding,
    flipProbability: settings.flipProbability,
  } as const
  const weak = createViewEncoder<WeakView<DrawnValues>>(backbone, applyWeakView)
  const strong = createViewEncoder<StrongView<DrawnValues>>(backbone, applyStrongView, settings.frozenStatistics ? 'running' : 'batch')
  return {
    weak,
    strong,
    drawWeak: (random: Random, count: number): WeakView => drawWeakView(random, count, settings.cropPadding, settings.flipProbability),
    drawStrong: (random: Random, count: number, side: number): StrongView => drawStrongView(random, count, side, options),
    dispose() {
      weak.dispose()
      strong.dispose()
    },
  }
}
