import { assignRows } from './assignment.ts'
import { contingencyTable } from './metrics.ts'

export type Alignment = Readonly<{
  /** `[clusters]` class of each cluster, or -1 where the labelled examples say nothing. */
  classOfCluster: Int32Array
  /** `[clusters]` share of the labelled examples of the cluster that are of that class, 0-1; 0 without a class. */
  agreements: Float32Array
  /** `[clusters]` labelled examples in each cluster. */
  labeledCounts: Int32Array
}>

/**
 * Which class each cluster is, from labelled examples: the one-to-one matching with most examples right (Hungarian).
 *
 * @param clusters `[images]`.
 * @param labels `[images]` class of the labelled examples, -1 elsewhere; a few are enough.
 * @param manyToOne Whether a cluster left over takes the class of most of its examples, so that several clusters may be one class.
 */
export function alignClusters(
  clusters: Int32Array,
  labels: Int32Array,
  clusterCount: number,
  classCount: number,
  manyToOne: boolean,
): Alignment {
  const { counts } = contingencyTable(labels, clusters, classCount, clusterCount)
  const classOfCluster = assignRows(counts, clusterCount, classCount)
  const agreements = new Float32Array(clusterCount)
  const labeledCounts = new Int32Array(clusterCount)
  for (let cluster = 0; cluster < clusterCount; cluster++) {
    const row = counts.subarray(cluster * classCount, (cluster + 1) * classCount)
    const labeled = row.reduce((sum, count) => sum + count, 0)
    // The matching also pairs what shares no example.
    if (classOfCluster[cluster] >= 0 && row[classOfCluster[cluster]] === 0) classOfCluster[cluster] = -1
    if (classOfCluster[cluster] < 0 && manyToOne && labeled > 0) classOfCluster[cluster] = row.indexOf(Math.max(...row))
    if (classOfCluster[cluster] >= 0) agreements[cluster] = row[classOfCluster[cluster]] / labeled
    labeledCounts[cluster] = labeled
  }
  return { classOfCluster, agreements, labeledCounts }
}

/**
 * Which older cluster each newer one continues, so that it can keep its name, colour and id: the one-to-one matching of greatest overlap
 * (images in both over images in either), among pairs that share at least one image.
 *
 * @returns `[newer clusters]` older cluster, or -1 for a cluster that is new.
 */
export function matchClusterings(older: Int32Array, newer: Int32Array, olderCount: number, newerCount: number): Int32Array {
  const { counts } = contingencyTable(older, newer, olderCount, newerCount)
  const olderSizes = sizesOf(older, olderCount)
  const newerSizes = sizesOf(newer, newerCount)
  const overlaps = Float64Array.from(counts, (shared, place) => {
    const either = newerSizes[Math.floor(place / olderCount)] + olderSizes[place % olderCount] - shared
    return shared === 0 ? 0 : shared / either
  })
  return assignRows(overlaps, newerCount, olderCount).map((match, cluster) =>
    match >= 0 && counts[cluster * olderCount + match] > 0 ? match : -1,
  )
}

function sizesOf(clusters: Int32Array, clusterCount: number): Int32Array {
  const sizes = new Int32Array(clusterCount)
  for (const cluster of clusters) if (cluster >= 0) sizes[cluster]++
  return sizes
}
