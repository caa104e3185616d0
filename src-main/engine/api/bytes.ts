import { createHash } from 'node:crypto'
import type { OpenProject } from '#engine/database/project.ts'
import { type ClusteringId, type Image, imageIdSchema, runIdSchema } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { ApiContext } from './api-context.ts'
import { findIdList } from './id-lists.ts'
import { findMapColumn } from './map-columns.ts'

const forever = 'public, max-age=31536000, immutable'

/** `/thumbnails/ID/HASH`, `/originals/ID/HASH`, `/columns/CLUSTERING/NAME/HASH`, `/ids/HASH`, `/layouts/RUN/HASH`, `/map-columns/HASH`. Undefined for another path. */
export async function answerByteRequest(pathname: string, context: ApiContext): Promise<Response | undefined> {
  const [, kind, first, second, third] = pathname.split('/')
  if (kind === 'thumbnails') return answerThumbnail(context, first, second)
  if (kind === 'originals') return answerOriginal(context, first, second)
  if (kind === 'columns') return answerColumn(context, first, second, third)
  if (kind === 'ids') return answerIdList(context, first)
  if (kind === 'layouts') return answerLayout(context, first, second)
  if (kind === 'map-columns') return answerMapColumn(context, first)
  return undefined
}

/** Where to GET the thumbnail of an image; null when it has none. */
export function thumbnailUrl({ id, contentHash, hasThumbnail }: Pick<Image, 'id' | 'contentHash' | 'hasThumbnail'>): string | null {
  return hasThumbnail && contentHash !== null ? `/thumbnails/${id}/${contentHash}` : null
}

function answerIdList(context: ApiContext, hash: string | undefined): Response {
  const ids = findIdList(context.session().project, hash ?? '')
  if (!ids) throw notFound()
  return new Response(ids.slice(), { headers: { 'content-type': 'application/octet-stream', 'cache-control': forever } })
}

function answerLayout(context: ApiContext, run: string | undefined, hash: string | undefined): Response {
  const runId = runIdSchema.safeParse(run)
  const bytes = runId.success ? context.session().layouts.read(runId.data, hash ?? '') : undefined
  if (!bytes) throw notFound()
  return new Response(new Uint8Array(bytes), { headers: { 'content-type': 'application/octet-stream', 'cache-control': forever } })
}

function answerMapColumn(context: ApiContext, hash: string | undefined): Response {
  const column = findMapColumn(context.session().project, hash ?? '')
  if (!column) throw notFound()
  return new Response(column.slice(), { headers: { 'content-type': 'application/octet-stream', 'cache-control': forever } })
}

function answerThumbnail(context: ApiContext, id: string | undefined, hash: string | undefined): Response {
  const { project, thumbnails } = context.session()
  const imageId = imageIdSchema.safeParse(Number(id))
  if (!imageId.success) throw notFound()
  const image = project.images.get(imageId.data)
  if (image.contentHash === null || image.contentHash !== hash || image.thumbnailOffset === null || image.thumbnailLength === null)
    throw notFound()
  const bytes = thumbnails.read({ offset: image.thumbnailOffset, length: image.thumbnailLength })
  return new Response(bytes, { headers: { 'content-type': 'image/webp', 'cache-control': forever } })
}

/** The user's file itself, for a closer look. */
async function answerOriginal(context: ApiContext, id: string | undefined, hash: string | undefined): Promise<Response> {
  const { project } = context.session()
  const imageId = imageIdSchema.safeParse(Number(id))
  if (!imageId.success) throw notFound()
  const image = project.images.get(imageId.data)
  const root = project.project.roots().find((candidate) => candidate.id === image.rootId)
  if (!root || image.contentHash === null || image.contentHash !== hash || image.format === null) throw notFound()
  const { openForDisplay } = await import('#engine/images/display-image.ts')
  const shown = await openForDisplay(root.path, image.path, image.format)
  if (!shown) throw notFound()
  const isUnchanged = shown.sizeBytes === image.sizeBytes
  return new Response(shown.body, {
    headers: { 'content-type': shown.type, 'cache-control': isUnchanged ? forever : 'no-store' },
  })
}

type ColumnName = 'imageIds' | 'clusterIds' | 'confidences' | 'localConsistencies' | 'reliable' | 'classIds'
const columnTypes = {
  imageIds: 'int32',
  clusterIds: 'int32',
  confidences: 'float32',
  localConsistencies: 'float32',
  reliable: 'uint8',
  classIds: 'int32',
} as const satisfies Record<ColumnName, 'int32' | 'float32' | 'uint8'>

/** The columns of a clustering with the addresses of their bytes. */
export function describeColumns(project: OpenProject, clusteringId: ClusteringId) {
  const columns = columnsOf(project, clusteringId)
  return {
    clusteringId,
    imageCount: columns.imageIds.length,
    columns: (Object.keys(columnTypes) as ColumnName[]).map((name) => ({
      name,
      type: columnTypes[name],
      url: `/columns/${clusteringId}/${name}/${hashOf(columns[name])}`,
    })),
  }
}

function answerColumn(context: ApiContext, clustering: string | undefined, name: string | undefined, hash: string | undefined): Response {
  const { project } = context.session()
  if (name === undefined || !(name in columnTypes)) throw notFound()
  const { id } = project.clusterings.get(Number(clustering) as ClusteringId)
  const column = columnsOf(project, id)[name as ColumnName]
  if (hashOf(column) !== hash) throw notFound()
  return new Response(column.slice(), { headers: { 'content-type': 'application/octet-stream', 'cache-control': forever } })
}

function columnsOf(project: OpenProject, clusteringId: ClusteringId) {
  const columns = project.clusterings.columns(clusteringId)
  const classOf = new Map(project.labels.effectiveLabels().map(({ imageId, classId }) => [imageId as number, classId ?? -1]))
  return { ...columns, classIds: Int32Array.from(columns.imageIds, (imageId) => classOf.get(imageId) ?? -1) }
}

function hashOf(column: ArrayBufferView): string {
  const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength)
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32)
}

function notFound(): SpicerackError {
  return new SpicerackError('NOT_FOUND', say('addressChanged'), { advice: say('askAddressAgain') })
}
