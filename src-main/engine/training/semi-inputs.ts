import * as tf from '@tensorflow/tfjs'
import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { rowsOf } from '#engine/clustering/embeddings.ts'
import { applyStrongView, drawStrongView } from '#engine/ml/augmentations/strong.ts'
import { applyWeakView, drawWeakView } from '#engine/ml/augmentations/weak.ts'
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
  /** A weak view of each of these images: `[images, …]`. */
  weak(images: Int32Array, random: Random): tf.Tensor
  /** A weak and a strong view of each. */
  weakAndStrong(images: Int32Array, random: Random): { weak: tf.Tensor; strong: tf.Tensor }
  /** `[images, classes]` probabilities of all images as they are. */
  classify(classifier: Classifier, host: Pick<RunHost, 'shouldStop'>): Promise<Float32Array>
}

/** Views are made anew from the pixels. */
export function imageInputs(source: ImageSource, recipe: ResolvedRecipe, classCount: number, seed: number): SemiInputs {
  const { cropPadding, strongOperations } = recipe.semi
  const strongOptions = { form: 'fixmatch', operationCount: strongOperations, cutoutRatio: 0.5, cropPadding } as const
  return {
    count: source.count,
    createClassifier: () => createClassifier(recipe, classCount, seed),
    weak: (images, random) => applyWeakView(source.images(images), drawWeakView(random, images.length, cropPadding)),
    weakAndStrong(indices, random) {
      const images = source.images(indices)
      return {
        weak: applyWeakView(images, drawWeakView(random, indices.length, cropPadding)),
        strong: applyStrongView(images, drawStrongView(random, indices.length, source.side, strongOptions)),
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
  plain: Embeddings,
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
    weak,
    weakAndStrong: (images, random) => ({
      weak: weak(images, random),
      strong: toTensor(drawStrongFeatures(views, images, random, recipe.semi.featureDropout)),
    }),
    classify: (classifier, host) => classifyFeatures(classifier, plain, classCount, host),
  }
}
