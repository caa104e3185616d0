import { alignClusters } from '#engine/clustering/alignment.ts'
import { contingencyTable } from '#engine/clustering/metrics.ts'
import type { OpenProject } from '#engine/database/project.ts'
import { api } from './api-context.ts'
import { currentClustering } from './clusterings.ts'
import { toDone } from './edits.ts'
import { likelyClasses } from './likely-classes.ts'

export const mappingsApi = {
  list: api.mappings.list.handler(({ context }) => context.session().project.labels.mappings()),
  set: api.mappings.set.handler(({ context, input }) => toDone(context.session().project.edits.apply({ kind: 'mapCluster', ...input }))),
  contingency: api.mappings.contingency.handler(({ context }) => countContingency(context.session().project)),
  propose: api.mappings.propose.handler(({ context }) => proposeMappings(context.session().project)),
  apply: api.mappings.apply.handler(({ context, input }) =>
    toDone(context.session().project.edits.apply(...input.mappings.map((mapping) => ({ kind: 'mapCluster' as const, ...mapping })))),
  ),
}

/** The labelled images of the current clustering: class and cluster of each, as places in their lists; -1 is none. */
function readLabelledImages(project: OpenProject) {
  const labels = project.labels.given()
  const clusterIdOf = project.clusterings.clustersOf(
    currentClustering(project).id,
    labels.map(({ imageId }) => imageId),
  )
  const classes = project.classes.list()
  const classIndex = new Map(classes.map(({ id }, index) => [id, index]))
  const clusters = project.clusters.list()
  const clusterIndex = new Map(clusters.map(({ id }, index) => [id, index]))
  const held = labels.filter(({ imageId }) => clusterIdOf.has(imageId))
  return {
    classes,
    clusters,
    clusterOfImage: Int32Array.from(held, ({ imageId }) => clusterIndex.get(clusterIdOf.get(imageId)!) ?? -1),
    classOfImage: Int32Array.from(held, ({ classId }) => classIndex.get(classId) ?? -1),
  }
}

function countContingency(project: OpenProject) {
  const { classes, clusters, clusterOfImage, classOfImage } = readLabelledImages(project)
  const counts = classes.map(() => clusters.map(() => 0))
  for (const [image, clusterIndex] of clusterOfImage.entries()) {
    const row = counts[classOfImage[image]!]
    if (row && clusterIndex >= 0) row[clusterIndex] = row[clusterIndex]! + 1
  }
  return { classIds: classes.map(({ id }) => id), clusterIds: clusters.map(({ id }) => id), counts }
}

export function proposeMappings(project: OpenProject) {
  const { classes, clusters, clusterOfImage, classOfImage } = readLabelledImages(project)
  const likely = likelyClasses(
    project,
    clusters.map(({ id }) => id),
    classes.map(({ id }) => id),
  )
  const counted = alignClusters(clusterOfImage, classOfImage, clusters.length, classes.length, true)
  const { counts } = contingencyTable(classOfImage, clusterOfImage, classes.length, clusters.length)
  return clusters.flatMap(({ id }, index) => {
    const place = likely ? likely.classOfCluster[index]! : counted.classOfCluster[index]!
    const proposed = classes[place]
    if (!proposed) return []
    return [
      {
        clusterId: id,
        classId: proposed.id,
        className: proposed.name,
        agreeing: counts[index * classes.length + place]!,
        labelled: counted.labeledCounts[index]!,
        likely: likely ? likely.likely[index]! : null,
      },
    ]
  })
}
