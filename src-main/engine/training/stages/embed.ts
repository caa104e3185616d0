import type { Embeddings, MadeRows } from '#engine/clustering/embeddings.ts'
import { toUnitRows } from '#engine/clustering/embeddings.ts'
import { normalizeImages } from '#engine/ml/augmentations/normalize.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import { say } from '#shared/said.ts'
import type { StageResult } from '#shared/worker-protocol.ts'
import { loadLearnedBackbone } from '../encoders/learned-backbone.ts'
import { encoderNames, openEncoders, usesFixedFeatures } from '../encoders/open-encoders.ts'
import { computeViewFeatures, loadViewFeatures, notEmbedded } from '../encoders/view-features.ts'
import { chooseFeatures, comparedFeatures } from '../feature-choice.ts'
import { computeFeatures } from '../features.ts'
import type { ImageSource } from '../image-source.ts'
import { noteChoice } from '../run-choices.ts'
import { type RunContext, type RunFiles, type RunHost, runFiles } from '../run-context.ts'
import { floatsOf } from '../stored-floats.ts'
import { createViewEncoder } from '../view-encoder.ts'

/**
 * Stage 2: the embedding of every image, `[images, dimension]` float32 with L2-normalised rows in listed order, and the lengths
 * they had before.
 *
 * @source SPICE, tools/pre_compute_embedding.py.
 */
export async function embed({ task, source, host }: RunContext): Promise<StageResult> {
  if (usesFixedFeatures(task.recipe)) return embedFixed({ task, source, host })
  const backbone = loadLearnedBackbone(task.recipe, host.files)
  try {
    const dimension = backbone.featureCount
    if (host.files.size(runFiles.embedding) === undefined) {
      const encoder = createViewEncoder(backbone, normalizeImages)
      const options = { batchSize: task.recipe.embed.batchSize, draw: () => ({}), note: say('embedding') }
      const features = await computeFeatures(encoder, source, options, host).finally(encoder.dispose)
      const norms = new Float32Array(source.count)
      for (let image = 0; image < source.count; image++)
        norms[image] = Math.hypot(...features.values.subarray(image * dimension, (image + 1) * dimension))
      host.files.write(runFiles.featureNorms, new Uint8Array(norms.buffer))
      host.files.write(runFiles.embedding, new Uint8Array(toUnitRows(features).values.buffer))
    }
    noteChoice(host.files, { kind: 'features', source: 'learned', dimension, compared: null })
    return { stage: 'embed', embeddingFile: runFiles.embedding, dimension }
  } finally {
    backbone.dispose()
  }
}

/** The same by encoders that stay as they are, under several views. Heads see the rows at a length of sqrt(dimension). */
async function embedFixed({ task, source, host }: RunContext): Promise<StageResult> {
  if (host.files.size(runFiles.embedding) === undefined) {
    await computeFixed(task.recipe, source, host)
    const recipe = await chooseFeatures(task, source.count, host)
    const { embeddings } = loadViewFeatures(encoderNames(recipe), recipe.embed, host.files, source.count)
    const norms = new Float32Array(source.count).fill(Math.sqrt(embeddings.dimension))
    const { source: kind } = recipe.pretrain
    const compared = comparedFeatures(host.files)
    noteChoice(host.files, { kind: 'features', source: kind === 'moco' ? 'learned' : kind, dimension: embeddings.dimension, compared })
    host.files.write(runFiles.featureNorms, new Uint8Array(norms.buffer))
    host.files.write(runFiles.embedding, new Uint8Array(embeddings.values.buffer))
  }
  return { stage: 'embed', embeddingFile: runFiles.embedding, dimension: host.files.size(runFiles.embedding)! / 4 / source.count }
}

async function computeFixed(recipe: ResolvedRecipe, source: ImageSource, host: RunHost): Promise<void> {
  const encoders = await openEncoders(recipe, source.side, host)
  try {
    for (const { name, featureCount, sidePx } of encoders)
      host.log(say('encoderUsed', { encoder: name, features: featureCount, side: sidePx }))
    await computeViewFeatures(encoders, source, recipe.embed, host)
  } finally {
    for (const encoder of encoders) encoder.dispose()
  }
}

/** The stored embedding; not to be changed. @throws NOT_FOUND before the images are embedded. */
export function loadEmbedding(files: RunFiles): Embeddings {
  const stored = files.read(runFiles.embedding)
  if (!stored) throw notEmbedded()
  const { count } = loadNorms(files)
  const values = floatsOf(stored)
  return { values, count, dimension: values.length / count }
}

/** The features from which the embedding was normalised, read when they are asked for. @throws NOT_FOUND before the images are embedded. */
export function openFeatures(files: RunFiles): MadeRows {
  const { norms, count } = loadNorms(files)
  const dimension = files.size(runFiles.embedding)! / 4 / count
  return {
    ...{ count, dimension },
    make(start, end) {
      const unit = floatsOf(files.readPart(runFiles.embedding, 4 * start * dimension, 4 * end * dimension)!)
      return unit.map((value, place) => value * norms[start + Math.floor(place / dimension)])
    },
  }
}

function loadNorms(files: RunFiles): { norms: Float32Array; count: number } {
  const stored = files.read(runFiles.featureNorms)
  if (!stored || files.size(runFiles.embedding) === undefined) throw notEmbedded()
  const norms = floatsOf(stored)
  return { norms, count: norms.length }
}
