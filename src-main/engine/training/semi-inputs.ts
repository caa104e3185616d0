import * as tf from '@tensorflow/tfjs'
import type { Embeddings, MadeRows } from '#engine/clustering/embeddings.ts'
import { rowsOf } from '#engine/clustering/embeddings.ts'
import type { Feeds } from '#engine/graph/feeds.ts'
import { applyStrongView, drawStrongView, type StrongView } from '#engine/ml/augmentations/strong.ts'
import { applyWeakView, drawWeakView, type WeakView } from '#engine/ml/augmentations/weak.ts'
import type { DrawnValues } from '#engine/ml/drawn-values.ts'
import type { Random } from '#engine/ml/random.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import { type Classifier, classify, classifyFeatures, createClassifier, createFeatureClassifier } from './classifier.ts'
import { drawStrongFeatures } from './encoders/head-views.ts'
import type { ImageSource } from './image-source.ts'
import type { RunHost } from './run-context.ts'

/** What the last stage learns from: images, or features of theirs that stay as they are. */
export interface SemiInputs {
  readonly count: number
  createClassifier(): Classifier
  /** What the views of a step are made from, chance included: of the labelled images a weak view, of the others a weak and a strong one. */
  feeds(labeled: Int32Array, unlabeled: Int32Array, random: Random): Feeds
  /** These views, from such feeds: `[images, …]` each. Can be recorded. */
  views(feeds: Feeds): Readonly<Record<'labeled' | 'weak' | 'strong', tf.Tensor>>
  /** `[images, classes]` probabilities of all images as they are. */
  classify(classifier: Classifier, host: Pick<RunHost, 'shouldStop'>): Promise<Float32Array>
}

type ImageFeeds = {
  labeled: tf.Tensor4D
  labeledView: WeakView<DrawnValues>
  unlabeled: tf.Tensor4D
  weakView: WeakView<DrawnValues>
  strongView: StrongView<DrawnValues>
}

type FeatureFeeds = Record<'labeled' | 'weak' | 'strong', tf.Tensor2D>

/** Views are made anew from the pixels. */
export function imageInputs(source: ImageSource, recipe: ResolvedRecipe, classCount: number, seed: number): SemiInputs {
  const { cropPadding, flipProbability, strongOperations } = recipe.semi
  const strongOptions = { form: 'fixmatch', operationCount: strongOperations, cutoutRatio: 0.5, cropPadding, flipProbability } as const
  return {
    count: source.count,
    createClassifier: () => createClassifier(recipe, classCount, seed),
    feeds: (labeled, unlabeled, random): ImageFeeds => ({
      labeled: source.images(labeled),
      labeledView: drawWeakView(random, labeled.length, cropPadding, flipProbability),
      unlabeled: source.images(unlabeled),
      weakView: drawWeakView(random, unlabeled.length, cropPadding, flipProbability),
      strongView: drawStrongView(random, unlabeled.length, source.side, strongOptions),
    }),
    views(feeds) {
      const { labeled, labeledView, unlabeled, weakView, strongView } = feeds as ImageFeeds
      return {
        labeled: applyWeakView(labeled, labeledView),
        weak: applyWeakView(unlabeled, weakView),
        strong: applyStrongView(unlabeled, strongView),
      }
    },
    classify: (classifier, host) => classify(classifier, source, classCount, host),
  }
}

/**
 * A weak view is one of the stored ones, a strong view lacks a part of its features.
 *
 * @param views Of each view `[images, dimension]`. @param plain The features by which images are classified.
 */
export function featureInputs(
  views: readonly Embeddings[],
  plain: Embeddings | MadeRows,
  recipe: ResolvedRecipe,
  classCount: number,
  seed: number,
): SemiInputs {
  const { dimension, count } = plain
  const toTensor = (values: Float32Array): tf.Tensor2D => tf.tensor2d(values, [values.length / dimension, dimension])
  const weak = (images: Int32Array, random: Random): tf.Tensor2D => toTensor(rowsOf(views[random.integer(views.length)], images).values)
  return {
    count,
    createClassifier: () => createFeatureClassifier(recipe, dimension, classCount, seed),
    feeds: (labeled, unlabeled, random): FeatureFeeds => ({
      labeled: weak(labeled, random),
      weak: weak(unlabeled, random),
      strong: toTensor(drawStrongFeatures(views, unlabeled, random, recipe.semi.featureDropout)),
    }),
    views: (feeds) => feeds as FeatureFeeds,
    classify: (classifier, host) => classifyFeatures(classifier, plain, classCount, host),
  }
}
