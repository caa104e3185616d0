import { isAbsolute, join } from 'node:path'
import { writeFeatureFiles } from '#engine/exporting/npy-file.ts'
import { readRunEmbedding } from '#engine/jobs/run-embedding.ts'
import type { ImageId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'

/** Writes the embedding as NumPy reads it, and the files it belongs to in the same order. */
export const featuresApi = api.exports.features.handler(async ({ context, input }) => {
  const { project } = context.session()
  if (!isAbsolute(input.folder)) throw new SpicerackError('BAD_INPUT', say('featuresAbsolute'))
  const clusteringId = project.project.currentClusteringId()
  const embedding = clusteringId === null ? undefined : readRunEmbedding(project, project.clusterings.get(clusteringId).runId)
  if (!embedding)
    throw new SpicerackError('NOTHING_TO_EXPORT', say('nothingEmbedded'), {
      advice: say('runUpToSelf'),
    })
  const { dimension, values, rowOf } = embedding
  const paths = [...rowOf.keys()].map((id) => project.images.get(id as ImageId).path)
  const files = await writeFeatureFiles(input.folder, { dim: dimension, values }, paths)
  return { files: files.map(({ path }) => join(input.folder, path)), imageCount: paths.length }
})
