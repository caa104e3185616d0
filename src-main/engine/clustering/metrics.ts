import { SpicerackError } from '#shared/errors.ts'
import { assignRows } from './assignment.ts'

/** How often each cluster meets each class: `counts` is `[clusters, classes]`, row-major. Images without a label are left out. */
export type Contingency = Readonly<{ counts: Int32Array; clusterCount: number; classCount: number; total: number }>

export type ClusteringMetrics = Readonly<{
  /** Labelled images that were compared. */
  imageCount: number
  /** Share that is right under the best one-to-one matching of clusters and classes, 0-1. */
  accuracy: number
  /** Mutual information over the geometric mean of the entropies, 0-1. */
  normalizedMutualInformation: number
  /** Agreement of pairs, corrected for chance, -0.5 to 1. */
  adjustedRandIndex: number
  /** Share of images in the majority class of their cluster, 0-1. */
  purity: number
  emptyClusters: number
  /** `[classes, classes + 1]` row-major: true class by class of the matched cluster; last column: cluster without a class. */
  confusion: Int32Array
}>

/**
 * @param classes `[images]` true class, or -1 where unknown.
 * @param clusters `[images]` found cluster, or -1 where rejected.
 * @throws INTERNAL when the lengths differ or a number is out of range.
 */
export function contingencyTable(classes: Int32Array, clusters: Int32Array, classCount: number, clusterCount: number): Contingency {
  if (classes.length !== clusters.length)
    throw new SpicerackError('INTERNAL', `${classes.length} labels cannot be compared with ${clusters.length} clusters.`)
  const counts = new Int32Array(clusterCount * classCount)
  let total = 0
  for (let image = 0; image < classes.length; image++) {
    if (classes[image] < 0 || clusters[image] < 0) continue
    if (classes[image] >= classCount || clusters[image] >= clusterCount)
      throw new SpicerackError(
        'INTERNAL',
        `Image ${image} has class ${classes[image]} of ${classCount} and cluster ${clusters[image]} of ${clusterCount}.`,
      )
    counts[clusters[image] * classCount + classes[image]]++
    total++
  }
  return { counts, clusterCount, classCount, total }
}

/** All scores of a clustering against known classes. Without any labelled image the ratios are 0. */
export function clusteringMetrics(table: Contingency): ClusteringMetrics {
  const { counts, clusterCount, classCount, total } = table
  const classOfCluster = assignRows(counts, clusterCount, classCount)
  const confusion = new Int32Array(classCount * (classCount + 1))
  let right = 0
  let majority = 0
  for (let cluster = 0; cluster < clusterCount; cluster++) {
    const row = counts.subarray(cluster * classCount, (cluster + 1) * classCount)
    const matched = classOfCluster[cluster]
    majority += row.reduce((most, count) => Math.max(most, count), 0)
    if (matched >= 0) right += row[matched]
    row.forEach((count, label) => {
      confusion[label * (classCount + 1) + (matched >= 0 ? matched : classCount)] += count
    })
  }
  return {
    imageCount: total,
    accuracy: total === 0 ? 0 : right / total,
    normalizedMutualInformation: total === 0 ? 0 : normalizedMutualInformation(table),
    adjustedRandIndex: total === 0 ? 0 : adjustedRandIndex(table),
    purity: total === 0 ? 0 : majority / total,
    emptyClusters: rowSums(table).filter((size) => size === 0).length,
    confusion,
  }
}

/** Mutual information over the geometric mean of both entropies, 0-1; 1 when both sides are one single group. */
export function normalizedMutualInformation(table: Contingency): number {
  const { counts, classCount, total } = table
  const clusterSizes = rowSums(table)
  const classSizes = columnSums(table)
  let information = 0
  counts.forEach((count, place) => {
    if (count === 0) return
    const expected = (clusterSizes[Math.floor(place / classCount)] * classSizes[place % classCount]) / total
    information += (count / total) * Math.log(count / expected)
  })
  const entropies = [entropy(clusterSizes, total), entropy(classSizes, total)]
  if (entropies[0] === 0 && entropies[1] === 0) return 1
  if (entropies[0] === 0 || entropies[1] === 0 || information <= Number.EPSILON) return 0
  return Math.min(1, information / Math.sqrt(entropies[0] * entropies[1]))
}

/** Share of pairs on which both sides agree, corrected for chance. */
export function adjustedRandIndex(table: Contingency): number {
  const pairs = (count: number): number => (count * (count - 1)) / 2
  const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((before, count) => before + pairs(count), 0)
  const together = sum(table.counts)
  const inClusters = sum(rowSums(table))
  const inClasses = sum(columnSums(table))
  const all = pairs(table.total)
  if (inClusters === together && inClasses === together) return 1
  const expected = (inClusters * inClasses) / all
  return (together - expected) / ((inClusters + inClasses) / 2 - expected)
}

function rowSums({ counts, clusterCount, classCount }: Contingency): Int32Array {
  const sums = new Int32Array(clusterCount)
  counts.forEach((count, place) => {
    sums[Math.floor(place / classCount)] += count
  })
  return sums
}

function columnSums({ counts, classCount }: Contingency): Int32Array {
  const sums = new Int32Array(classCount)
  counts.forEach((count, place) => {
    sums[place % classCount] += count
  })
  return sums
}

function entropy(sizes: Int32Array, total: number): number {
  let sum = 0
  for (const size of sizes) if (size > 0 && size < total) sum -= (size / total) * Math.log(size / total)
  return sum
}
