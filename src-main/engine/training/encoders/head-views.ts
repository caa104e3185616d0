import type { Embeddings } from '#engine/clustering/embeddings.ts'
import type { Random } from '#engine/ml/random.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import type { RunFiles } from '../run-context.ts'
import { encoderNames } from './open-encoders.ts'
import { loadViewFeatures } from './view-features.ts'

/** Rows as heads want them: of length sqrt(dimension), so that a feature is about 1. */
export function toHeadScale(unit: Embeddings): Embeddings {
  const factor = Math.sqrt(unit.dimension)
  return { ...unit, values: unit.values.map((value) => value * factor) }
}

/** The stored features of each view of the images of a run, as heads want them. @throws NOT_FOUND before they are computed. */
export function loadHeadViews(recipe: ResolvedRecipe, files: RunFiles, imageCount: number): Embeddings[] {
  const { views } = loadViewFeatures(encoderNames(recipe), recipe.embed, files, imageCount)
  // In place: of many images each copy is a large part of the memory.
  for (const { values, dimension } of views) for (let place = 0; place < values.length; place++) values[place] *= Math.sqrt(dimension)
  return views
}

/**
 * Of each image one of its views, drawn at random, in which each feature is left out with the probability `dropout` and the others grow to
 * the same expectation: `[images, dimension]`.
 */
export function drawStrongFeatures(views: readonly Embeddings[], images: Int32Array, random: Random, dropout: number): Float32Array {
  const { dimension } = views[0]
  const drawn = new Float32Array(images.length * dimension)
  for (let place = 0; place < images.length; place++) {
    const { values } = views[random.integer(views.length)]
    for (let column = 0; column < dimension; column++)
      if (random.uniform() >= dropout) drawn[place * dimension + column] = values[images[place] * dimension + column] / (1 - dropout)
  }
  return drawn
}
