import * as tf from '@tensorflow/tfjs'
import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { toUnitRows } from '#engine/clustering/embeddings.ts'
import type { Backbone } from '#engine/ml/backbones/backbone.ts'
import { createBackbone } from '#engine/ml/backbones/create-backbone.ts'
import { SpicerackError } from '#shared/errors.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import type { StageResult } from '#shared/worker-protocol.ts'
import { decodeCheckpoint } from '../checkpoint.ts'
import { computeFeatures } from '../features.ts'
import { restoreParameters } from '../networks.ts'
import { type RunContext, type RunFiles, runFiles } from '../run-context.ts'

/**
 * Stage 2: the embedding of every image, `[images, dimension]` float32 with L2-normalised rows in listed order, and the lengths
 * they had before.
 *
 * @source SPICE, tools/pre_compute_embedding.py.
 */
export async function embed({ task, source, host }: RunContext): Promise<StageResult> {
  const backbone = loadPretrained(task.recipe, host.files)
  try {
    const dimension = backbone.featureCount
    if (!host.files.read(runFiles.embedding)) {
      const features = await computeFeatures(backbone, source, { batchSize: task.recipe.embed.batchSize, note: 'embedding' }, host)
      const norms = new Float32Array(source.count)
      for (let image = 0; image < source.count; image++)
        norms[image] = Math.hypot(...features.values.subarray(image * dimension, (image + 1) * dimension))
      host.files.write(runFiles.featureNorms, new Uint8Array(norms.buffer))
      host.files.write(runFiles.embedding, new Uint8Array(toUnitRows(features).values.buffer))
    }
    return { stage: 'embed', embeddingFile: runFiles.embedding, dimension }
  } finally {
    backbone.dispose()
  }
}

/** The backbone that the first stage learned. Caller disposes. @throws NOT_FOUND before that stage is done. */
export function loadPretrained(recipe: ResolvedRecipe, files: RunFiles): Backbone {
  const encoded = files.read(runFiles.pretrained)
  if (!encoded) throw new SpicerackError('NOT_FOUND', 'This run has learned no features yet.', { advice: 'Resume the run.' })
  const backbone = createBackbone({ name: recipe.pretrain.backbone, widthFactor: recipe.pretrain.widthFactor, seed: 0 })
  const { tensors } = decodeCheckpoint(encoded)
  restoreParameters(backbone.parameters, tensors)
  tf.dispose(tensors as Record<string, tf.Tensor>)
  return backbone
}

/** The stored embedding and the features it was normalised from. @throws NOT_FOUND before the images are embedded. */
export function loadEmbedding(files: RunFiles): { embeddings: Embeddings; features: Embeddings } {
  const stored = files.read(runFiles.embedding)
  const storedNorms = files.read(runFiles.featureNorms)
  if (!stored || !storedNorms)
    throw new SpicerackError('NOT_FOUND', 'The images of this run are not embedded yet.', { advice: 'Resume the run.' })
  const values = floatsOf(stored)
  const norms = floatsOf(storedNorms)
  const count = norms.length
  const dimension = values.length / count
  const features = values.map((value, index) => value * norms[Math.floor(index / dimension)])
  return { embeddings: { values, count, dimension }, features: { values: features, count, dimension } }
}

function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer)
}
