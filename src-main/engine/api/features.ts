import { readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { writeFeatureFiles } from '#engine/exporting/npy-file.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'

/** Writes the embedding as NumPy reads it, and the files it belongs to in the same order. */
export const featuresApi = api.exports.features.handler(async ({ context, input }) => {
  const { project } = context.session()
  if (!isAbsolute(input.folder)) throw new SpicerackError('BAD_INPUT', 'The folder of the features must be an absolute path.')
  const run = project.runs.list().find(({ stages }) => stages.some(({ name, state }) => name === 'embed' && state === 'completed'))
  if (!run)
    throw new SpicerackError('NOTHING_TO_EXPORT', say('nothingEmbedded'), {
      advice: say('runUpToEmbed'),
    })
  const bytes = await readFile(join(project.folder.path, 'embeddings', `${run.id}.f32`))
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  const paths = project.runs.imageIds(run.id).map((id) => project.images.get(id).path)
  const files = await writeFeatureFiles(input.folder, { dim: values.length / paths.length, values }, paths)
  return { files: files.map(({ path }) => join(input.folder, path)), imageCount: paths.length }
})
