import * as tf from '@tensorflow/tfjs'
import { normalizeImages } from '#engine/ml/augmentations/normalize.ts'
import { createBackbone } from '#engine/ml/backbones/create-backbone.ts'
import type { BatchNormMode } from '#engine/ml/batch-norm.ts'
import { createClassificationHead, createLinearHead } from '#engine/ml/heads.ts'
import type { Parameter } from '#engine/ml/parameters.ts'
import { deriveSeed } from '#engine/ml/random.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import { blocks } from './batches.ts'
import { computeValues } from './compute-values.ts'
import type { ImageSource } from './image-source.ts'
import { type RunHost, StageStopped } from './run-context.ts'

/** The network of the last stage: a backbone and a head. */
export interface Classifier {
  readonly parameters: readonly Parameter[]
  readonly backboneParameters: readonly Parameter[]
  readonly headParameters: readonly Parameter[]
  /** `[batch, side, side, 3]` normalised images to `[batch, classes]` logits. */
  logits(images: tf.Tensor4D, mode: BatchNormMode): tf.Tensor2D
  dispose(): void
}

/** A classifier as the recipe wants it, with seeded first weights: the pretrained backbone's shape with SPICE's head, or FixMatch's own network with a linear one. */
export function createClassifier(recipe: ResolvedRecipe, classCount: number, seed: number): Classifier {
  const isPretrained = recipe.semi.start === 'pretrained'
  const { backbone: name, widthFactor } = isPretrained ? recipe.pretrain : recipe.semi
  const backbone = createBackbone({ name, widthFactor, seed: deriveSeed(seed, 'semi-backbone') })
  const createHead = isPretrained ? createClassificationHead : createLinearHead
  const head = createHead(backbone.featureCount, classCount, deriveSeed(seed, 'semi-head'))
  return {
    parameters: [...backbone.parameters, ...head.parameters],
    backboneParameters: backbone.parameters,
    headParameters: head.parameters,
    logits: (images, mode) => head.apply(backbone.features(images, mode)),
    dispose() {
      backbone.dispose()
      head.dispose()
    },
  }
}

const blockSize = 256

/** `[images, classes]` probabilities of all images, un-augmented, in inference mode. @throws StageStopped. */
export async function classify(
  classifier: Classifier,
  source: ImageSource,
  classCount: number,
  host: Pick<RunHost, 'shouldStop'>,
): Promise<Float32Array> {
  const probabilities = new Float32Array(source.count * classCount)
  for (const indices of blocks(source.count, blockSize)) {
    if (host.shouldStop()) throw new StageStopped(0)
    const block = await computeValues(() => tf.softmax(classifier.logits(normalizeImages(source.images(indices)), 'running')))
    probabilities.set(block, indices[0] * classCount)
    await tf.nextFrame()
  }
  return probabilities
}
