import { splitCluster } from '#engine/clustering/split-cluster.ts'
import type { OpenProject } from '#engine/database/project.ts'
import { adviceKey } from '#engine/database/tables/dismissed-advice.ts'
import { divideCluster } from '#engine/jobs/cluster-reports.ts'
import { readRunEmbedding } from '#engine/jobs/run-embedding.ts'
import type { ClusterId, ImageId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'
import { describeColumns, thumbnailUrl } from './bytes.ts'
import { currentClustering } from './clusterings.ts'
import { toDone } from './edits.ts'

export const clustersApi = {
  list: api.clusters.list.handler(({ context }) => context.session().project.clusters.list()),
  covers: api.clusters.covers.handler(({ context, input }) => findCovers(context.session().project, input.count)),
  rename: api.clusters.rename.handler(({ context, input }) =>
    toDone(context.session().project.edits.apply({ kind: 'renameCluster', ...input })),
  ),
  recolour: api.clusters.recolour.handler(({ context, input }) =>
    toDone(context.session().project.edits.apply({ kind: 'recolourCluster', ...input })),
  ),
  dismissAdvice: api.clusters.dismissAdvice.handler(({ context, input: { clusterId, otherId, isDismissed } }) => {
    if (clusterId === otherId) throw new SpicerackError('BAD_INPUT', say('nameTwoClusters'))
    const kind = isDismissed ? 'dismissAdvice' : 'recallAdvice'
    return toDone(context.session().project.edits.apply({ kind, advice: adviceKey(clusterId, otherId ?? null) }))
  }),
  merge: api.clusters.merge.handler(({ context, input }) => {
    const [into, ...from] = input.clusterIds
    return toDone(context.session().project.edits.apply({ kind: 'mergeClusters', from, into: into! }))
  }),
  split: api.clusters.split.handler(({ context, input: { clusterId, imageIds, name } }) => {
    const { project } = context.session()
    const part = { imageIds: imageIds ?? findHalf(project, clusterId), ...(name === undefined ? {} : { name }) }
    const edits = project.edits.apply({ kind: 'splitCluster', clusterId, parts: [part] })
    return { ...toDone(edits), newClusterId: newestCluster(project) }
  }),
  create: api.clusters.create.handler(({ context, input: { name, imageIds } }) => {
    const { project } = context.session()
    const edits = project.edits.apply({ kind: 'createCluster', name, imageIds: imageIds ?? [] })
    return { ...toDone(edits), newClusterId: newestCluster(project) }
  }),
}

export const assignmentsApi = {
  columns: api.assignments.columns.handler(({ context }) => {
    const { project } = context.session()
    return describeColumns(project, currentClustering(project).id)
  }),
  move: api.assignments.move.handler(({ context, input }) =>
    toDone(context.session().project.edits.apply({ kind: 'moveImages', ...input })),
  ),
  reject: api.assignments.reject.handler(({ context, input: { imageIds, rejected } }) =>
    toDone(context.session().project.edits.apply({ kind: rejected ? 'rejectImages' : 'unrejectImages', imageIds })),
  ),
  confirm: api.assignments.confirm.handler(({ context, input }) =>
    toDone(context.session().project.edits.apply({ kind: 'confirmImages', ...input })),
  ),
}

function findCovers(project: OpenProject, count: number) {
  currentClustering(project)
  const typical = project.clusters.typical(count)
  const urls = new Map(project.pages.several(typical.flatMap(({ imageIds }) => imageIds)).map((image) => [image.id, thumbnailUrl(image)]))
  return typical.map(({ clusterId, imageIds }) => ({
    clusterId,
    imageIds,
    thumbnailUrls: imageIds.flatMap((imageId) => urls.get(imageId) ?? []),
  }))
}

/** The cluster made last: ids only grow, and the edit that made it has just been committed in this same turn. */
function newestCluster(project: OpenProject): ClusterId {
  return project.clusters.list().at(-1)!.id
}

/** The smaller of two groups in the cluster: by who is whose neighbour, else, where that is not known, by 2-means on the embedding. */
function findHalf(project: OpenProject, clusterId: ClusterId): ImageId[] {
  project.clusters.requireVisible(clusterId)
  const clustering = currentClustering(project)
  const group = divideCluster(project, clustering, clusterId)
  if (group) return group
  const embedding = readRunEmbedding(project, clustering.runId)
  if (!embedding) throw new SpicerackError('NOT_FOUND', say('noEmbeddingOfRun'), { advice: say('chooseByHand') })
  const { imageIds, clusterIds } = project.clusterings.columns(clustering.id)
  const members = Array.from(imageIds).filter((imageId, row) => clusterIds[row] === clusterId && embedding.rowOf.has(imageId)) as ImageId[]
  const rows = members.map((imageId) => embedding.rowOf.get(imageId)!)
  const sides = members.length < 2 ? null : splitCluster(embedding, rows)
  if (!sides) throw new SpicerackError('CONFLICT', say('cannotDivide'))
  return members.filter((_, member) => sides[member] === 1)
}
