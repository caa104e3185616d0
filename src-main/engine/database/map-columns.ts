import type { ClassId, ClusterId, ImageId } from '#shared/entities.ts'
import type { Connection } from './connection.ts'
import { clusterOf } from './image-columns.ts'
import { bandOf } from './image-orders.ts'

/** What is known of some images, one value each; ids are -1 and confidences NaN where there is none. */
export type MapColumns = Readonly<{
  imageIds: Int32Array
  clusterIds: Int32Array
  classIds: Int32Array
  /** 0-1 */
  confidences: Float32Array
  /** 0 reliable, 1 doubtful, 2 rejected, 3 in no cluster. */
  bands: Uint8Array
  /** 0 no label, 1 human, 2 imported, 3 mapping. */
  sources: Uint8Array
}>

const none = -1
const noBand = 3

/** The columns that a map draws, from those in memory. */
export function createMapColumns({ sql, columns }: Connection) {
  const mappings = sql.prepare<[], [ClusterId, ClassId]>('SELECT cluster_id, class_id FROM mappings').raw()
  return {
    /** The columns of these images, in their order. */
    read: (imageIds: readonly ImageId[]): MapColumns => {
      const rows = columns.rows()
      const classOfCluster = new Map<number, number>(mappings.all())
      const count = imageIds.length
      const map = {
        imageIds: Int32Array.from(imageIds),
        clusterIds: new Int32Array(count).fill(none),
        classIds: new Int32Array(count).fill(none),
        confidences: new Float32Array(count).fill(Number.NaN),
        bands: new Uint8Array(count).fill(noBand),
        sources: new Uint8Array(count),
      }
      for (let place = 0; place < count; place++) {
        const row = rows.rowOfId[imageIds[place]!] ?? none
        if (row < 0) continue
        const clusterId = clusterOf(rows, row)
        if (clusterId !== 0) {
          map.clusterIds[place] = clusterId
          map.confidences[place] = rows.confidences[row]!
          map.bands[place] = bandOf(rows, row)
        }
        if (rows.rejected[row]) continue
        // A person's label wins over an imported one, that over the class of the cluster.
        const known = [0, rows.human[row]!, rows.imported[row]!, classOfCluster.get(clusterId) ?? 0]
        const source = Math.max(
          0,
          known.findIndex((classId) => classId !== 0),
        )
        map.sources[place] = source
        map.classIds[place] = source === 0 ? none : known[source]!
      }
      return map
    },
  }
}
