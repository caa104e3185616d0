import * as tf from '@tensorflow/tfjs'
import { likeliest } from '#engine/clustering/likeliest.ts'
import { SpicerackError } from '#shared/errors.ts'
import type { PredictOutcome, PredictTask } from '#shared/worker-protocol.ts'
import { decodeCheckpoint } from './checkpoint.ts'
import { classify, createClassifier } from './classifier.ts'
import { imagesInMemory } from './image-source.ts'
import { restoreParameters } from './networks.ts'
import { type RunFiles, runFiles } from './run-context.ts'

/**
 * Cluster and confidence of images outside the project, by the classifier of a finished run.
 *
 * @throws NOT_FOUND when the run has no classifier yet.
 */
export async function predict(task: PredictTask, files: RunFiles): Promise<Omit<PredictOutcome, 'backend'>> {
  const encoded = files.read(runFiles.semi)
  if (!encoded)
    throw new SpicerackError('NOT_FOUND', 'This run has no classifier yet.', { advice: 'Resume the run until its last stage is done.' })
  const classifier = createClassifier(task.recipe, task.clusterCount, 0)
  try {
    const { tensors } = decodeCheckpoint(encoded)
    restoreParameters(classifier.parameters, tensors)
    tf.dispose(tensors as Record<string, tf.Tensor>)
    const source = imagesInMemory(task.pixels, task.size)
    const probabilities = await classify(classifier, source, task.clusterCount, { shouldStop: () => false })
    return { ...likeliest(probabilities, task.clusterCount), probabilities }
  } finally {
    classifier.dispose()
  }
}
