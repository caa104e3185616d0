import type { ClusterId, ImageId } from '#shared/entities.ts'
import { clusterOf, type ImageRows } from './image-columns.ts'
import { bandOf } from './image-orders.ts'

export type ClusterCounts = Readonly<{
  imageCount: number
  reliableCount: number
  rejectedCount: number
  /** 0-1 */
  meanConfidence: number
}>

/** What each cluster of the current clustering holds; clusters without images are left out. */
export function countClusters(rows: ImageRows): Map<ClusterId, ClusterCounts> {
  const counts = new Map<number, { imageCount: number; reliableCount: number; rejectedCount: number; sum: number }>()
  let cluster = 0
  let counted = { imageCount: 0, reliableCount: 0, rejectedCount: 0, sum: 0 }
  for (let row = 0; row < rows.ids.length; row++) {
    const own = clusterOf(rows, row)
    if (own === 0) continue
    if (own !== cluster) {
      cluster = own
      counted = counts.get(own) ?? { imageCount: 0, reliableCount: 0, rejectedCount: 0, sum: 0 }
      counts.set(own, counted)
    }
    counted.imageCount++
    counted.reliableCount += rows.reliable[row]!
    counted.rejectedCount += rows.rejected[row]!
    counted.sum += rows.confidences[row]!
  }
  return new Map(
    [...counts].map(([id, { sum, ...count }]) => [id as ClusterId, { ...count, meanConfidence: sum / count.imageCount }] as const),
  )
}

/**
 * The most typical images of each cluster, `count` at most: reliable ones and those that a person confirmed first, then surest first, then
 * by id. Rejected images do not count.
 */
export function typicalImages(rows: ImageRows, count: number): Map<ClusterId, ImageId[]> {
  const typical = new Map<ClusterId, { trusted: ImageId[]; doubtful: ImageId[] }>()
  for (const row of rows.surestFirst) {
    const cluster = clusterOf(rows, row) as ClusterId
    if (cluster === 0 || rows.rejected[row]) continue
    const lists = typical.get(cluster) ?? { trusted: [], doubtful: [] }
    typical.set(cluster, lists)
    const list = bandOf(rows, row) === 0 ? lists.trusted : lists.doubtful
    if (list.length < count) list.push(rows.ids[row] as ImageId)
  }
  return new Map([...typical].map(([id, { trusted, doubtful }]) => [id, [...trusted, ...doubtful].slice(0, count)]))
}
