import { type ClassId, type ClusterId, type ImageId, imageStatuses } from '#shared/entities.ts'
import type { Connection } from './connection.ts'
import { clusterOf, type ImageColumns, type ImageRows } from './image-columns.ts'
import type { ImageFilter } from './image-pages.ts'

/** In the order in which a grid shows them. */
export const bands = ['reliable', 'doubtful', 'rejected'] as const

/**
 * `typical`: by band, those without a confidence first, then surest first; `uncertain`: least sure first, those without a confidence
 * last. Equal ones by id.
 */
export type ImageOrderSort = 'typical' | 'uncertain' | 'path' | 'id'

export type ImageOrder = Readonly<{
  ids: Int32Array
  /** Sorted by `typical`: the bands that are there, in the order in which they come. Else none. */
  bands: readonly Readonly<{ band: (typeof bands)[number]; count: number }>[]
}>

type Check = (row: number) => boolean

/** Questions about all images that match, answered from the columns in memory. */
export function createImageOrders({ sql, columns }: Connection) {
  const mappings = sql.prepare<[], [ClusterId, ClassId]>('SELECT cluster_id, class_id FROM mappings').raw()
  /**
   * For each row 0 where it does not match, else 1, or where bands are asked for 1 more than the index of its band. One condition after the
   * other goes through all rows: twice as fast as one row after the other through all conditions.
   */
  const marksOf = (filter: ImageFilter, asks: 'bands' | 'matches' = 'matches'): Uint8Array => {
    const rows = columns.rows()
    const { text, ...others } = filter
    const marks = text === undefined ? new Uint8Array(rows.ids.length).fill(1) : columns.withText(text).slice()
    for (const check of checksOf(others, rows, new Map(mappings.all()))) keepWhere(marks, check)
    if (asks === 'bands') for (let row = 0; row < marks.length; row++) if (marks[row]) marks[row]! += bandOf(rows, row)
    return marks
  }

  return {
    /** Every image that matches, in order. `descending`: the whole order the other way round. */
    order: (filter: ImageFilter, sort: ImageOrderSort, descending: boolean): ImageOrder => {
      const rows = columns.rows()
      const marks = marksOf(filter, sort === 'typical' ? 'bands' : 'matches')
      const counts = new Int32Array(1 + bands.length)
      for (const mark of marks) counts[mark]++
      // Where the next image of each mark goes.
      const places = Int32Array.of(0, 0, counts[1]!, counts[1]! + counts[2]!)
      const ids = new Int32Array(marks.length - counts[0]!)
      for (const row of sortedRows(columns, sort)) {
        const mark = marks[row]!
        if (mark > 0) ids[places[mark]++] = rows.ids[row]!
      }
      const found = sort === 'typical' ? bands.map((band, index) => ({ band, count: counts[1 + index]! })) : []
      const shown = found.filter(({ count }) => count > 0)
      return descending ? { ids: ids.reverse(), bands: shown.reverse() } : { ids, bands: shown }
    },
    /** Every image that matches, by id: what Ctrl+A selects. */
    ids: (filter: ImageFilter = {}): ImageId[] => {
      const marks = marksOf(filter)
      return Array.from(columns.rows().ids.filter((_, row) => marks[row]! > 0)) as ImageId[]
    },
    count: (filter: ImageFilter = {}): number => marksOf(filter).reduce((count, mark) => count + mark, 0),
  }
}

/** All rows in this order, but for the bands of `typical`. */
function sortedRows(columns: ImageColumns, sort: ImageOrderSort): Int32Array {
  const rows = columns.rows()
  if (sort === 'typical') return rows.surestFirst
  if (sort === 'uncertain') return rows.leastSureFirst
  return sort === 'path' ? columns.byPath() : rows.ids.map((_, row) => row)
}

/** Index in `bands`. */
export function bandOf({ rejected, reliable, placed, human, imported }: ImageRows, row: number): number {
  if (rejected[row]) return 2
  return reliable[row] || placed[row] || human[row] || imported[row] ? 0 : 1
}

function keepWhere(marks: Uint8Array, check: Check): void {
  for (let row = 0; row < marks.length; row++) if (marks[row] && !check(row)) marks[row] = 0
}

function checksOf(filter: Omit<ImageFilter, 'text'>, rows: ImageRows, classOfCluster: ReadonlyMap<ClusterId, ClassId>): Check[] {
  const { statuses, duplicates, found, confidences, reliable, placed, rejected, human, imported } = rows
  const mapped = new Int32Array(Math.max(0, ...classOfCluster.keys()) + 1)
  for (const [clusterId, classId] of classOfCluster) mapped[clusterId] = classId
  const classOf = (row: number): number => (rejected[row] ? 0 : human[row] || imported[row] || mapped[clusterOf(rows, row)] || 0)
  const sources: Record<NonNullable<ImageFilter['labelSource']>, Check> = {
    human: (row) => human[row] !== 0,
    imported: (row) => human[row] === 0 && imported[row] !== 0,
    mapping: (row) => human[row] === 0 && imported[row] === 0 && classOf(row) !== 0,
  }
  const checks: Check[] = []
  const { status, clusterId, classId, band, minConfidence, maxConfidence, labelSource } = filter
  if (status !== undefined) {
    const wanted = imageStatuses.indexOf(status)
    checks.push((row) => statuses[row] === wanted)
  }
  if (clusterId !== undefined) checks.push((row) => clusterOf(rows, row) === clusterId)
  if (filter.reliable !== undefined) checks.push((row) => found[row] !== 0 && (reliable[row] === 1) === filter.reliable)
  if (filter.rejected !== undefined) checks.push((row) => (rejected[row] === 1) === filter.rejected)
  if (band !== undefined) {
    const wanted = bands.indexOf(band)
    checks.push((row) => found[row] !== 0 && bandOf(rows, row) === wanted)
  }
  if (minConfidence !== undefined) checks.push((row) => confidences[row]! >= minConfidence)
  if (maxConfidence !== undefined) checks.push((row) => confidences[row]! <= maxConfidence)
  if (filter.confirmed !== undefined) checks.push((row) => (human[row] !== 0 || placed[row] !== 0) === filter.confirmed)
  if (filter.duplicates) checks.push((row) => duplicates[row] === 1)
  // Last what takes longest to find out.
  if (classId !== undefined) checks.push((row) => classOf(row) === (classId ?? 0))
  if (labelSource !== undefined) {
    const isOfSource = sources[labelSource]
    checks.push((row) => rejected[row] === 0 && isOfSource(row))
  }
  return checks
}
