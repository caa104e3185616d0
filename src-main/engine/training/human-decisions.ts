import { alignClusters, matchClusterings } from '#engine/clustering/alignment.ts'
import type { StageTask } from '#shared/worker-protocol.ts'

export type HumanDecisions = Pick<StageTask, 'clusterCount' | 'humanLabels' | 'knownClasses' | 'humanClusters' | 'previousClusters'>

/** Whether a person decided anything about the images of this run. */
export function hasHumanDecisions({ humanClusters, humanLabels }: HumanDecisions): boolean {
  return humanClusters.some((cluster) => cluster >= 0) || humanLabels.some((label) => label >= 0)
}

/**
 * The cluster in which a person wants each image, or -1: the one that continues the cluster into which they put it by hand (Hungarian
 * matching with the clustering before); where none does, images that were put together stay together, and apart from those that were put
 * elsewhere; else one that stands for the class they gave it.
 *
 * @param clusters `[images]` present clusters, 0 to clusterCount - 1.
 * @returns `[images]`; where no cluster continues or stands for what they said, -1.
 */
export function humanTargets(decisions: HumanDecisions, clusters: Int32Array): Int32Array {
  const { humanClusters, previousClusters, clusterCount } = decisions
  const older = matchClusterings(previousClusters, clusters, countOf(previousClusters), clusterCount)
  const ofClass = clustersOfClasses(decisions, clusters)
  const together = clustersOfGroups(humanClusters, clusters, older)
  return humanClusters.map((placed, image) => (placed >= 0 ? together(placed) : ofClass(image)))
}

/**
 * One cluster for all images that were put into the same one, another for each group: the continuing cluster, else, of those that are
 * left, the one that holds most of the group, the larger groups first. Nothing for a single image without a continuing cluster, and for
 * groups beyond the number of clusters.
 */
function clustersOfGroups(humanClusters: Int32Array, clusters: Int32Array, older: Int32Array): (placed: number) => number {
  const held = new Map<number, Int32Array>()
  humanClusters.forEach((placed, image) => {
    if (placed < 0) return
    const counts = held.get(placed) ?? new Int32Array(older.length)
    counts[clusters[image]]++
    held.set(placed, counts)
  })
  const chosen = new Map([...held.keys()].map((placed) => [placed, older.indexOf(placed)]))
  const sizeOf = (placed: number): number => held.get(placed)!.reduce((sum, count) => sum + count, 0)
  const lost = [...held.keys()].filter((placed) => chosen.get(placed) === -1 && sizeOf(placed) > 1)
  lost.sort((left, right) => sizeOf(right) - sizeOf(left) || left - right)
  for (const placed of lost) {
    const taken = new Set(chosen.values())
    const counts = held.get(placed)!
    const free = [...counts.keys()].filter((cluster) => !taken.has(cluster))
    if (free.length > 0)
      chosen.set(
        placed,
        free.reduce((best, cluster) => (counts[cluster] > counts[best] ? cluster : best)),
      )
  }
  return (placed) => chosen.get(placed) ?? -1
}

/** Share of the images of known class that lie in a cluster of their class, 0-1; 0 where no class is known. */
export function shareOfKnownClasses({ knownClasses, clusterCount }: HumanDecisions, clusters: Int32Array): number {
  const { classOfCluster } = alignClusters(clusters, knownClasses, clusterCount, countOf(knownClasses), true)
  const known = knownClasses.reduce((count, label) => count + (label >= 0 ? 1 : 0), 0)
  const fitting = knownClasses.reduce((count, label, image) => count + (label >= 0 && classOfCluster[clusters[image]] === label ? 1 : 0), 0)
  return known === 0 ? 0 : fitting / known
}

/** The cluster for the class of a labelled image: its own where that stands for the class too, else the one with most of the class. */
function clustersOfClasses({ humanLabels, knownClasses, clusterCount }: HumanDecisions, clusters: Int32Array): (image: number) => number {
  const classCount = countOf(knownClasses)
  const { classOfCluster, agreements, labeledCounts } = alignClusters(clusters, knownClasses, clusterCount, classCount, true)
  const largest = new Int32Array(classCount).fill(-1)
  const agreeing = (cluster: number): number => (cluster < 0 ? 0 : Math.round(agreements[cluster] * labeledCounts[cluster]))
  for (const [cluster, label] of classOfCluster.entries())
    if (label >= 0 && agreeing(cluster) > agreeing(largest[label])) largest[label] = cluster
  return (image) => {
    const label = humanLabels[image]
    return label < 0 ? -1 : classOfCluster[clusters[image]] === label ? clusters[image] : largest[label]
  }
}

/** One more than the highest number. */
function countOf(numbers: Int32Array): number {
  return numbers.reduce((highest, number) => Math.max(highest, number), -1) + 1
}
