import { alignClusters } from '#engine/clustering/alignment.ts'
import type { OpenProject } from '#engine/database/project.ts'
import { api } from './api-context.ts'
import { currentClustering } from './clusterings.ts'
import { toDone } from './edits.ts'

export const mappingsApi = {
  list: api.mappings.list.handler(({ context }) => context.session().project.labels.mappings()),
  set: api.mappings.set.handler(({ context, input }) => toDone(context.session().project.edits.apply({ kind: 'mapCluster', ...input }))),
  propose: api.mappings.propose.handler(({ context }) => proposeMappings(context.session().project)),
  apply: api.mappings.apply.handler(({ context, input }) =>
    toDone(context.session().project.edits.apply(...input.mappings.map((mapping) => ({ kind: 'mapCluster' as const, ...mapping })))),
  ),
}

function proposeMappings(project: OpenProject) {
  const { imageIds, clusterIds } = project.clusterings.columns(currentClustering(project).id)
  const classes = project.classes.list()
  const classIndex = new Map(classes.map(({ id }, index) => [id, index]))
  // A person's label comes after the imported one of the same image, and so in its place.
  const labelled = [...project.labels.list('imported'), ...project.labels.list('human')]
  const labels = new Map(labelled.map(({ imageId, classId }) => [imageId as number, classIndex.get(classId) ?? -1]))
  const clusters = project.clusters.list()
  const clusterIndex = new Map(clusters.map(({ id }, index) => [id as number, index]))
  const { classOfCluster, agreements, labeledCounts } = alignClusters(
    Int32Array.from(clusterIds, (id) => clusterIndex.get(id) ?? -1),
    Int32Array.from(imageIds, (id) => labels.get(id) ?? -1),
    clusters.length,
    classes.length,
    true,
  )
  return clusters.flatMap(({ id }, index) => {
    const proposed = classes[classOfCluster[index]!]
    const count = labeledCounts[index]!
    if (!proposed) return []
    return [
      {
        clusterId: id,
        classId: proposed.id,
        className: proposed.name,
        agreeing: Math.round(agreements[index]! * count),
        labelled: count,
      },
    ]
  })
}
