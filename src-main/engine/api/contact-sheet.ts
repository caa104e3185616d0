import { isAbsolute } from 'node:path'
import type { ImageId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'
import type { ProjectSession } from './project-session.ts'

/** Writes a picture of all clusters into a folder: the most typical images of each. */
export const contactSheetApi = api.exports.contactSheet.handler(async ({ context, input }) => {
  const session = context.session()
  if (!isAbsolute(input.folder)) throw new SpicerackError('BAD_INPUT', say('sheetAbsolute'))
  const { project } = session
  if (project.project.currentClusteringId() === null)
    throw new SpicerackError('NOTHING_TO_EXPORT', say('noClustersYet'), { advice: say('runPipelineFirst') })
  const typical = new Map(project.clusters.typical(input.imagesPerCluster).map(({ clusterId, imageIds }) => [clusterId, imageIds]))
  const clusters = project.clusters.list().map(({ id, name, imageCount, reliableCount }) => ({
    name,
    count: imageCount,
    reliableCount,
    thumbnails: (typical.get(id) ?? []).flatMap((imageId) => thumbnailOf(session, imageId)),
  }))
  const { writeContactSheet } = await import('#engine/exporting/contact-sheet.ts')
  return writeContactSheet(input.folder, clusters, { title: project.project.get().name, imagesPerCluster: input.imagesPerCluster })
})

function thumbnailOf({ project, thumbnails }: ProjectSession, id: ImageId): Buffer[] {
  const { thumbnailOffset, thumbnailLength } = project.images.get(id)
  return thumbnailOffset === null || thumbnailLength === null ? [] : [thumbnails.read({ offset: thumbnailOffset, length: thumbnailLength })]
}
