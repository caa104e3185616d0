import { alignClusters } from '#engine/clustering/alignment.ts'
import type { StageTask } from '#shared/worker-protocol.ts'

/** Whether a person decided anything about the images of this run. */
export function hasHumanDecisions(task: StageTask): boolean {
  return task.humanClusters.some((cluster) => cluster >= 0) || task.humanLabels.some((label) => label >= 0)
}

/**
 * The cluster in which a person wants each image, or -1: where they put it by hand; else the cluster that stands for the class
 * they gave it (Hungarian matching of these clusters to the labelled examples).
 *
 * @param clusters `[images]` present clusters, 0 to clusterCount - 1.
 * @returns `[images]`; a class that no cluster stands for gives -1.
 */
export function humanTargets(task: StageTask, clusters: Int32Array): Int32Array {
  const { humanClusters, humanLabels, clusterCount } = task
  const targets = Int32Array.from(humanClusters, (cluster) => (cluster < clusterCount ? cluster : -1))
  const classCount = humanLabels.reduce((highest, label) => Math.max(highest, label), -1) + 1
  if (classCount === 0) return targets
  const { classOfCluster } = alignClusters(clusters, humanLabels, clusterCount, classCount, false)
  for (let image = 0; image < targets.length; image++)
    if (targets[image] < 0 && humanLabels[image] >= 0) targets[image] = classOfCluster.indexOf(humanLabels[image])
  return targets
}
