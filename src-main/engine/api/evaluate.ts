import { alignClusters } from '#engine/clustering/alignment.ts'
import { clusteringMetrics, contingencyTable } from '#engine/clustering/metrics.ts'
import type { OpenProject } from '#engine/database/project.ts'
import type { Evaluation } from '#shared/contract/evaluate.ts'
import type { ImageId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'
import { currentClustering } from './clusterings.ts'
import { readKnownClasses } from './truth.ts'

export const evaluateApi = {
  run: api.evaluate.run.handler(({ context, input }) => evaluate(context.session().project, input.truth)),
}

/** Compares the current clustering, as a person left it and without rejected images, with the truth. */
function evaluate(project: OpenProject, truth: string): Evaluation {
  const clustering = currentClustering(project)
  const { classOf, unmatchedCount } = readKnownClasses(project, truth)
  const rejected = new Set(project.labels.effectiveLabels().flatMap((label) => (label.rejected ? [label.imageId as number] : [])))
  const columns = project.clusterings.columns(clustering.id)
  const known = Array.from(columns.imageIds, (imageId, row) => ({
    className: rejected.has(imageId) ? undefined : classOf.get(imageId as ImageId),
    clusterId: columns.clusterIds[row]!,
  })).filter(({ className }) => className !== undefined)
  if (known.length === 0)
    throw new SpicerackError('BAD_INPUT', say('noneOfTruth', { path: truth }), {
      advice: say('howPathsCompare'),
    })
  const classes = [...new Set(known.map(({ className }) => className!))].sort()
  const clusters = project.clusters.list()
  const classIndex = new Map(classes.map((name, index) => [name, index]))
  const clusterIndex = new Map(clusters.map(({ id }, index) => [id as number, index]))
  const truthOf = Int32Array.from(known, ({ className }) => classIndex.get(className!)!)
  const foundOf = Int32Array.from(known, ({ clusterId }) => clusterIndex.get(clusterId) ?? -1)
  const table = contingencyTable(truthOf, foundOf, classes.length, clusters.length)
  const { accuracy, normalizedMutualInformation, adjustedRandIndex, purity, imageCount } = clusteringMetrics(table)
  const { classOfCluster } = alignClusters(foundOf, truthOf, clusters.length, classes.length, false)
  return {
    imageCount,
    unmatched: unmatchedCount,
    accuracy,
    nmi: normalizedMutualInformation,
    ari: adjustedRandIndex,
    purity,
    classes,
    clusters: clusters.map(({ name }) => name),
    matchedClasses: [...classOfCluster],
    confusion: classes.map((_, row) => clusters.map((_, column) => table.counts[column * classes.length + row]!)),
  }
}
