import { readImageHistory } from '#engine/database/image-history.ts'
import { findSimilarImages } from '#engine/jobs/similar-images.ts'
import type { ImageTile } from '#shared/contract/images.ts'
import type { Image } from '#shared/entities.ts'
import { api } from './api-context.ts'
import { thumbnailUrl } from './bytes.ts'
import { keepIdList } from './id-lists.ts'

export const imagesApi = {
  import: api.images.import.handler(({ context, input }) => context.session().queue.add('import', input)),
  list: api.images.list.handler(({ context, input }) => {
    const { pages } = context.session().project
    const { search, ...given } = input.filter
    const filter = definedOf({ ...given, text: search })
    const { sort, descending, limit, after } = input
    const { images, nextCursor } = pages.page({ filter, sort, descending, limit, cursor: after ?? null })
    return { images, next: nextCursor, total: pages.count(filter) }
  }),
  order: api.images.order.handler(({ context, input }) => {
    const { project } = context.session()
    const { search, ...given } = input.filter
    const { ids, bands } = project.pages.order(definedOf({ ...given, text: search }), input.sort, input.descending)
    return { count: ids.length, url: keepIdList(project, ids), bands: [...bands] }
  }),
  tiles: api.images.tiles.handler(({ context, input }) => context.session().project.pages.several(input.imageIds).map(toTile)),
  get: api.images.get.handler(({ context, input }) => context.session().project.pages.get(input.imageId)),
  headAgreement: api.images.headAgreement.handler(({ context, input }) => {
    const { project } = context.session()
    const id = project.project.currentClusteringId()
    const runId = id === null ? undefined : project.clusterings.get(id).runId
    return { agreement: (runId && project.headAgreements.get(runId, input.imageId)) ?? null }
  }),
  similar: api.images.similar.handler(({ context, input }) => findSimilarImages(context.session().project, input.imageId, input.count)),
  history: api.images.history.handler(({ context, input }) => {
    const { project } = context.session()
    const { assignment } = project.pages.get(input.imageId)
    const done = readImageHistory(project.connection, input.imageId, assignment?.clusterId ?? null)
    const id = project.project.currentClusteringId()
    if (!assignment || id === null) return done.map((entry) => ({ ...entry, confidence: null }))
    const { foundClusterId, confidence } = assignment
    const found = {
      kind: 'found' as const,
      at: project.clusterings.get(id).createdAt,
      clusterId: foundClusterId,
      classId: null,
      confidence,
    }
    return [...done.map((entry) => ({ ...entry, confidence: null })), found].sort((one, other) => other.at - one.at)
  }),
  photo: api.images.photo.handler(async ({ context, input }) => {
    const { project } = context.session()
    const { rootId, path } = project.images.get(input.imageId)
    const root = project.project.roots().find(({ id }) => id === rootId)
    const { readExif } = await import('#engine/images/display-image.ts')
    return (root && (await readExif(root.path, path))) ?? null
  }),
  problems: api.images.problems.handler(({ context }) => context.session().project.images.problems(Number.MAX_SAFE_INTEGER)),
  duplicates: api.images.duplicates.handler(({ context }) => {
    const { images } = context.session().project
    return [...images.duplicateGroups('exact'), ...images.duplicateGroups('near')]
  }),
}

/** An image as the tile of a grid shows it. */
export function toTile(image: Image): ImageTile {
  const { id, path, status, widthPx, heightPx, classId, labelSource, assignment, placed, rejected } = image
  const isTrusted = assignment?.reliable || placed || labelSource === 'human' || labelSource === 'imported'
  return {
    id,
    path,
    status,
    widthPx,
    heightPx,
    thumbnailUrl: thumbnailUrl(image),
    clusterId: assignment?.clusterId ?? null,
    classId,
    labelSource,
    confidence: assignment?.confidence ?? null,
    localConsistency: assignment?.localConsistency ?? null,
    band: assignment === null ? null : rejected ? 'rejected' : isTrusted ? 'reliable' : 'doubtful',
    placed,
  }
}

type Defined<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

function definedOf<Fields extends object>(fields: Fields): Defined<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<Fields>
}
