import * as tf from '@tensorflow/tfjs'
import { type Embeddings, type MadeRows, rowsBetween } from '#engine/clustering/embeddings.ts'
import { createStepProgram } from '#engine/graph/step-program.ts'
import { normalizeImages } from '#engine/ml/augmentations/normalize.ts'
import { createBackbone } from '#engine/ml/backbones/create-backbone.ts'
import type { BatchNormMode } from '#engine/ml/batch-norm.ts'
import { computeValues } from '#engine/ml/compute-values.ts'
import { createClassificationHead, createLinearHead, type Head } from '#engine/ml/heads.ts'
import type { Parameter } from '#engine/ml/parameters.ts'
import { deriveSeed } from '#engine/ml/random.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import { blocks } from './batches.ts'
import type { ImageSource } from './image-source.ts'
import { type RunHost, StageStopped } from './run-context.ts'

/** The network of the last stage: a backbone and a head. */
export interface Classifier {
  readonly parameters: readonly Parameter[]
  readonly backboneParameters: readonly Parameter[]
  readonly headParameters: readonly Parameter[]
  /** `[batch, side, side, 3]` normalised images, or `[batch, dimension]` features of a frozen encoder, to `[batch, classes]` logits. */
  logits(inputs: tf.Tensor, mode: BatchNormMode): tf.Tensor2D
  dispose(): void
}

/** A classifier as the recipe wants it, with seeded first weights: the pretrained backbone's shape with SPICE's head, or FixMatch's own network with a linear one. */
export function createClassifier(recipe: ResolvedRecipe, classCount: number, seed: number): Classifier {
  const isPretrained = recipe.semi.start === 'pretrained'
  const { backbone: name, widthFactor } = isPretrained ? recipe.pretrain : recipe.semi
  const backbone = createBackbone({ name, widthFactor, seed: deriveSeed(seed, 'semi-backbone') })
  const head = createHead(recipe, backbone.featureCount, classCount, seed)
  return {
    parameters: [...backbone.parameters, ...head.parameters],
    backboneParameters: backbone.parameters,
    headParameters: head.parameters,
    logits: (images, mode) => head.apply(backbone.features(images as tf.Tensor4D, mode)),
    dispose() {
      backbone.dispose()
      head.dispose()
    },
  }
}

/** A classifier of features that stay as they are: a head alone. */
export function createFeatureClassifier(recipe: ResolvedRecipe, dimension: number, classCount: number, seed: number): Classifier {
  const head = createHead(recipe, dimension, classCount, seed)
  return {
    parameters: head.parameters,
    backboneParameters: [],
    headParameters: head.parameters,
    logits: (features) => head.apply(features as tf.Tensor2D),
    dispose: () => head.dispose(),
  }
}

function createHead({ semi }: ResolvedRecipe, inputs: number, classCount: number, seed: number): Head {
  const create = semi.start === 'pretrained' ? createClassificationHead : createLinearHead
  return create(inputs, classCount, deriveSeed(seed, 'semi-head'))
}

const blockSize = 256

/** `[images, classes]` probabilities of all images, un-augmented, in inference mode. @throws StageStopped. */
export async function classify(
  classifier: Classifier,
  source: ImageSource,
  classCount: number,
  host: Pick<RunHost, 'shouldStop'>,
): Promise<Float32Array> {
  return classifyBlocks(
    source.count,
    classCount,
    host,
    ({ inputs }) => classifier.logits(normalizeImages(inputs as tf.Tensor4D), 'running'),
    source.images,
  )
}

/** The same from features. @throws StageStopped. */
export async function classifyFeatures(
  classifier: Classifier,
  features: Embeddings | MadeRows,
  classCount: number,
  host: Pick<RunHost, 'shouldStop'>,
): Promise<Float32Array> {
  const { count, dimension } = features
  return classifyBlocks(
    count,
    classCount,
    host,
    ({ inputs }) => classifier.logits(inputs, 'running'),
    ({ 0: first, length }) => tf.tensor2d(rowsBetween(features, first, first + length), [length, dimension]),
  )
}

async function classifyBlocks(
  count: number,
  classCount: number,
  host: Pick<RunHost, 'shouldStop'>,
  logitsOf: (feeds: { inputs: tf.Tensor }) => tf.Tensor2D,
  inputsOf: (indices: Int32Array /** One after the other. */) => tf.Tensor,
): Promise<Float32Array> {
  const probabilities = new Float32Array(count * classCount)
  const program = createStepProgram()
  const predict = program.compile((feeds: { inputs: tf.Tensor }) => ({ probabilities: tf.softmax(logitsOf(feeds)) }))
  try {
    for (const indices of blocks(count, blockSize)) {
      if (host.shouldStop()) throw new StageStopped(0)
      const block = await computeValues(() => predict({ inputs: inputsOf(indices) }).probabilities)
      probabilities.set(block, indices[0] * classCount)
      await tf.nextFrame()
    }
    return probabilities
  } finally {
    program.dispose()
  }
}
