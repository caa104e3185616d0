import * as tf from '@tensorflow/tfjs'
import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { likeliest } from '#engine/clustering/likeliest.ts'
import { SpicerackError } from '#shared/errors.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import { say } from '#shared/said.ts'
import type { PredictOutcome, PredictTask } from '#shared/worker-protocol.ts'
import { decodeCheckpoint } from './checkpoint.ts'
import { classify, classifyFeatures, createClassifier, createFeatureClassifier } from './classifier.ts'
import { decidedRecipe } from './decided-recipe.ts'
import { toHeadScale } from './encoders/head-views.ts'
import { classifiesImages, encoderNames, openEncoders } from './encoders/open-encoders.ts'
import { computeViewFeatures, loadViewFeatures } from './encoders/view-features.ts'
import { withChosenFeatures } from './feature-choice.ts'
import { type ImageSource, imagesInMemory, toLearningSide } from './image-source.ts'
import { memoryFiles } from './memory-files.ts'
import { restoreParameters } from './networks.ts'
import { type RunHost, runFiles } from './run-context.ts'

/**
 * Cluster and confidence of images outside the project, by the classifier of a finished run.
 *
 * @throws NOT_FOUND when the run has no classifier yet.
 */
export async function predict(task: PredictTask, host: Pick<RunHost, 'files' | 'models'>): Promise<Omit<PredictOutcome, 'backend'>> {
  const { clusterCount } = task
  const encoded = host.files.read(runFiles.semi)
  if (!encoded) throw new SpicerackError('NOT_FOUND', say('noClassifier'), { advice: say('finishLastStage') })
  const recipe = withChosenFeatures(decidedRecipe(task.recipe, host.files), host.files)
  const source = imagesInMemory(task.pixels, task.size)
  const features = classifiesImages(recipe) ? undefined : await encodeImages(source, recipe, host)
  const classifier = features
    ? createFeatureClassifier(recipe, features.dimension, clusterCount, 0)
    : createClassifier(recipe, clusterCount, 0)
  try {
    const { tensors, notes } = decodeCheckpoint(encoded)
    restoreParameters(classifier.parameters, tensors)
    tf.dispose(tensors as Record<string, tf.Tensor>)
    const never = { shouldStop: () => false }
    const probabilities = features
      ? await classifyFeatures(classifier, features, clusterCount, never)
      : await classify(classifier, toLearningSide(source, recipe), clusterCount, never)
    return { ...likeliest(probabilities, clusterCount), probabilities, isKept: notes.isKept !== false }
  } finally {
    classifier.dispose()
  }
}

/** Features of images by the encoders of a run, as its head wants them. */
async function encodeImages(source: ImageSource, recipe: ResolvedRecipe, host: Pick<RunHost, 'files' | 'models'>): Promise<Embeddings> {
  const files = memoryFiles()
  const encoders = await openEncoders(recipe, source.side, host)
  try {
    await computeViewFeatures(encoders, source, recipe.embed, { files, now: () => 0, shouldStop: () => false, progress: () => undefined })
    return toHeadScale(loadViewFeatures(encoderNames(recipe), recipe.embed, files, source.count).embeddings)
  } finally {
    for (const encoder of encoders) encoder.dispose()
  }
}
