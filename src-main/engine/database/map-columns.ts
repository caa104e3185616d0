import type { ImageId } from '#shared/entities.ts'
import type { Connection } from './connection.ts'

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

type Assignment = readonly [imageId: number, clusterId: number, confidence: number, reliable: number]
type Given = readonly [imageId: number, classId: number]

/** Read at a time: some tens of milliseconds, between which the engine answers others. */
const rowsAtATime = 25_000
const none = -1
const noBand = 3

/** The columns that a map draws. Each table is read by itself, which takes a fraction of the time of joining them. */
export function createMapColumns({ sql }: Connection) {
  const assignments = sql
    .prepare<[number, number], Assignment>(
      `SELECT image_id, cluster_id, confidence, reliable FROM assignments
       WHERE clustering_id = (SELECT current_clustering_id FROM project) AND image_id > ? ORDER BY image_id LIMIT ?`,
    )
    .raw()
  const labelsFrom = (source: 'human' | 'imported') =>
    sql
      .prepare<[number, number], Given>(
        `SELECT image_id, class_id FROM labels WHERE source = '${source}' AND image_id > ? ORDER BY image_id LIMIT ?`,
      )
      .raw()
  const humanLabels = labelsFrom('human')
  const importedLabels = labelsFrom('imported')
  const idsOf = (table: 'rejections' | 'placements') =>
    sql
      .prepare<[number, number], readonly [imageId: number]>(`SELECT image_id FROM ${table} WHERE image_id > ? ORDER BY image_id LIMIT ?`)
      .raw()
  const rejections = idsOf('rejections')
  const placements = idsOf('placements')
  const mappings = sql.prepare<[], readonly [clusterId: number, classId: number]>('SELECT cluster_id, class_id FROM mappings').raw()

  return {
    /** The columns of these images, in their order. What is written meanwhile may be in some rows and not in others: read again then. */
    read: async (imageIds: readonly ImageId[]): Promise<MapColumns> => {
      const count = imageIds.length
      const rowOfId = new Int32Array(imageIds.reduce((highest, id) => Math.max(highest, id), 0) + 1).fill(none)
      for (let row = 0; row < count; row++) rowOfId[imageIds[row]!] = row
      const clusterIds = new Int32Array(count).fill(none)
      const confidences = new Float32Array(count).fill(Number.NaN)
      const reliable = new Uint8Array(count)
      const human = new Int32Array(count).fill(none)
      const imported = new Int32Array(count).fill(none)
      const rejected = new Uint8Array(count)
      const placed = new Uint8Array(count)
      await eachRow(assignments, rowOfId, (row, [, clusterId, confidence, isReliable]) => {
        clusterIds[row] = clusterId
        confidences[row] = confidence
        reliable[row] = isReliable
      })
      await eachRow(humanLabels, rowOfId, (row, [, classId]) => {
        human[row] = classId
      })
      await eachRow(importedLabels, rowOfId, (row, [, classId]) => {
        imported[row] = classId
      })
      await eachRow(rejections, rowOfId, (row) => {
        rejected[row] = 1
      })
      await eachRow(placements, rowOfId, (row) => {
        placed[row] = 1
      })
      const classOfCluster = new Map(mappings.all())

      const classIds = new Int32Array(count)
      const bands = new Uint8Array(count)
      const sources = new Uint8Array(count)
      for (let row = 0; row < count; row++) {
        // A person's label wins over an imported one, that over the class of the cluster; a rejected image has none.
        const known = [none, human[row]!, imported[row]!, classOfCluster.get(clusterIds[row]!) ?? none]
        const source =
          rejected[row] === 1
            ? 0
            : Math.max(
                0,
                known.findIndex((classId) => classId !== none),
              )
        classIds[row] = known[source]!
        sources[row] = source
        const isTrusted = reliable[row] === 1 || placed[row] === 1 || human[row] !== none || imported[row] !== none
        bands[row] = clusterIds[row] === none ? noBand : rejected[row] === 1 ? 2 : isTrusted ? 0 : 1
      }
      return { imageIds: Int32Array.from(imageIds), clusterIds, classIds, confidences, bands, sources }
    },
  }
}

/** Goes through all rows of a table by image, part by part; `take` gets those of images that have a place. */
async function eachRow<Row extends readonly [imageId: number, ...rest: number[]]>(
  after: Readonly<{ all(last: number, most: number): Row[] }>,
  rowOfId: Int32Array,
  take: (row: number, values: Row) => void,
): Promise<void> {
  for (let last = 0; ; ) {
    const rows = after.all(last, rowsAtATime)
    for (const values of rows) {
      const row = rowOfId[values[0]] ?? none
      if (row >= 0) take(row, values)
    }
    if (rows.length < rowsAtATime) return
    last = rows[rows.length - 1]![0]
    await new Promise((resolve) => setImmediate(resolve))
  }
}
