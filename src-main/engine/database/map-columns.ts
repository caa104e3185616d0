import type { ImageId } from '#shared/entities.ts'
import type { Connection } from './connection.ts'
import { bandOf, classOf, imagesFirst, sourceOf } from './image-pages.ts'

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

type Row = readonly [
  id: number,
  clusterId: number | null,
  classId: number | null,
  confidence: number | null,
  band: number,
  source: string | null,
]

/** Read at a time: some tens of milliseconds, between which the engine answers others. */
const rowsAtATime = 20_000
const noBand = 3
const sourceNumbers: Readonly<Record<string, number>> = { human: 1, imported: 2, mapping: 3 }

/** The columns that a map draws. */
export function createMapColumns({ sql }: Connection) {
  const after = sql
    .prepare<[number, number], Row>(
      `SELECT i.id, a.cluster_id, ${classOf}, a.confidence, ${bandOf}, ${sourceOf} ${imagesFirst} WHERE i.id > ? ORDER BY i.id LIMIT ?`,
    )
    .raw()
  return {
    /** The columns of these images, in their order. What is written meanwhile may be in some rows and not in others: read again then. */
    read: async (imageIds: readonly ImageId[]): Promise<MapColumns> => {
      const count = imageIds.length
      const columns = {
        imageIds: Int32Array.from(imageIds),
        clusterIds: new Int32Array(count).fill(-1),
        classIds: new Int32Array(count).fill(-1),
        confidences: new Float32Array(count).fill(Number.NaN),
        bands: new Uint8Array(count).fill(noBand),
        sources: new Uint8Array(count),
      }
      const rowOfId = new Int32Array(imageIds.reduce((highest, id) => Math.max(highest, id), 0) + 1).fill(-1)
      for (let row = 0; row < count; row++) rowOfId[imageIds[row]!] = row
      for (let last = 0; last < rowOfId.length; ) {
        const rows = after.all(last, rowsAtATime)
        for (const [id, clusterId, classId, confidence, band, source] of rows) {
          const row = rowOfId[id] ?? -1
          if (row < 0) continue
          columns.clusterIds[row] = clusterId ?? -1
          columns.classIds[row] = classId ?? -1
          columns.confidences[row] = confidence ?? Number.NaN
          columns.bands[row] = clusterId === null ? noBand : band
          columns.sources[row] = source === null ? 0 : sourceNumbers[source]!
        }
        if (rows.length < rowsAtATime) break
        last = rows.at(-1)![0]
        await new Promise((resolve) => setImmediate(resolve))
      }
      return columns
    },
  }
}
