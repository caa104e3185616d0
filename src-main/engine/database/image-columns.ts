import type BetterSqlite3 from 'better-sqlite3'
import { type ClusterId, type ImageId, imageStatuses } from '#shared/entities.ts'
import type { ImageFact } from './edit-changes.ts'
import { beginPathText, type PathReading, type PathText } from './path-text.ts'

/** What is known of every image, one value a row; rows are by id. A cluster or class 0 is none. */
export type ImageRows = Readonly<{
  ids: Int32Array
  /** Row of an image id; -1 for an id that no image has. */
  rowOfId: Int32Array
  /** Index in `imageStatuses`. */
  statuses: Uint8Array
  /** 1: in a group of duplicates. */
  duplicates: Uint8Array
  /** Of the current clustering; 0: it does not hold the image. */
  found: Int32Array
  /** 0-1; NaN where there is none. */
  confidences: Float64Array
  reliable: Uint8Array
  /** What a person decided. */
  placed: Int32Array
  rejected: Uint8Array
  human: Int32Array
  imported: Int32Array
  /** All rows, least sure first, then by id; those without a confidence last. */
  leastSureFirst: Int32Array
  /** All rows, those without a confidence first, then surest first, then by id. */
  surestFirst: Int32Array
}>

/** The columns of a project in memory. */
export interface ImageColumns {
  /** Read from the database when they are asked for first, and again after `forget`. A million rows take half a second. */
  rows(): ImageRows
  /** All rows by path, then by id. */
  byPath(): Int32Array
  /** 1 for each row whose path holds this text, whatever its case (ASCII). */
  withText(text: string): Uint8Array
  /** Reads on in what `withText` and `byPath` need, for some milliseconds; false when they have all of it. */
  readAhead(): boolean
  /** The column of a fact, 0 for none; undefined for a fact that no question asks of every image. */
  known(fact: ImageFact): Int32Array | Uint8Array | undefined
  /** What an edit has just written. */
  note(fact: ImageFact, ids: readonly ImageId[], value: number | null): void
  /** Images, the current clustering, or facts were changed otherwise, or a change was undone. */
  forget(): void
}

/**
 * What questions about all images at once are answered from: orders, counts, members of clusters. SQLite takes seconds to join and sort
 * a million rows; these arrays take some 50 bytes an image and answer within milliseconds. Edits keep them true.
 */
export function createImageColumns(sql: BetterSqlite3.Database): ImageColumns {
  let known: ImageRows | undefined
  let paths: Int32Array | undefined
  let reading: PathReading | undefined
  let text: PathText | undefined
  let latest: { sought: string; mask: Uint8Array } | undefined
  const rows = (): ImageRows => {
    known ??= load(sql)
    return known
  }
  const wholeText = (): PathText => {
    reading ??= beginPathText(sql)
    text ??= reading.finish()
    return text
  }
  /** Then no two images have the same path. */
  const isOneFolder = (): boolean => numbers(sql, 'SELECT count(*) FROM roots')[0]! <= 1
  const byPath = (): Int32Array => {
    paths ??= rowsOf(rows(), isOneFolder() ? wholeText().ids : numbers(sql, 'SELECT id FROM images ORDER BY path, id'))
    return paths
  }
  return {
    rows,
    byPath,
    withText: (sought) => {
      if (latest?.sought !== sought) {
        const { rowOfId, ids } = rows()
        const mask = new Uint8Array(ids.length)
        for (const id of wholeText().idsWith(sought)) mask[rowOfId[id]!] = 1
        latest = { sought, mask }
      }
      return latest.mask
    },
    readAhead: () => {
      if (!text) {
        reading ??= beginPathText(sql)
        if (!reading.readSlice()) wholeText()
        return true
      }
      // Rows and a sorting of paths cannot be read in slices: the first question that needs them reads them.
      if (known && !paths && isOneFolder()) byPath()
      return false
    },
    known: (fact) => columnOf(rows(), fact),
    note: (fact, ids, value) => {
      const column = known && columnOf(known, fact)
      if (known && column) for (const id of ids) column[known.rowOfId[id]!] = value ?? 0
    },
    forget: () => {
      known = undefined
      paths = undefined
      reading = undefined
      text = undefined
      latest = undefined
    },
  }
}

/** The column that holds a fact; undefined for facts that no question asks of every image. */
function columnOf(rows: ImageRows, fact: ImageFact): Int32Array | Uint8Array | undefined {
  const columns: Partial<Record<ImageFact, Int32Array | Uint8Array>> = {
    placement: rows.placed,
    rejection: rows.rejected,
    human: rows.human,
    imported: rows.imported,
  }
  return columns[fact]
}

/** The cluster that an image is in: where a person put it, else where it was found; 0 for none. */
export function clusterOf({ found, placed }: ImageRows, row: number): number {
  return found[row] === 0 ? 0 : placed[row] || found[row]!
}

/** The images that are in a cluster, or were put there although the current clustering does not hold them; by id. */
export function membersOf(rows: ImageRows, clusterId: ClusterId): ImageId[] {
  const members: number[] = []
  for (let row = 0; row < rows.ids.length; row++)
    if (rows.placed[row] === clusterId || clusterOf(rows, row) === clusterId) members.push(rows.ids[row]!)
  return members as ImageId[]
}

/** One number a row of the answer: many times as fast as rows of several. Order: that of the statement. */
function numbers(sql: BetterSqlite3.Database, statement: string, ...values: (number | string)[]): number[] {
  return sql
    .prepare<(number | string)[], number>(statement)
    .pluck()
    .all(...values)
}

/** Each step walks one index; the wide rows of `images` are never read. */
function load(sql: BetterSqlite3.Database): ImageRows {
  const largest = numbers(sql, 'SELECT coalesce(max(id), 0) FROM images')[0]!
  const rowOfId = new Int32Array(largest + 1).fill(-1)
  const statusOfId = new Int8Array(largest + 1).fill(-1)
  for (const [status, name] of imageStatuses.entries())
    for (const id of numbers(sql, 'SELECT id FROM images INDEXED BY images_by_status WHERE status = ?', name)) statusOfId[id] = status
  const ids = new Int32Array(statusOfId.reduce((count, status) => count + (status < 0 ? 0 : 1), 0))
  const count = ids.length
  const statuses = new Uint8Array(count)
  for (let id = 0, row = 0; id <= largest; id++) {
    if (statusOfId[id]! < 0) continue
    ids[row] = id
    statuses[row] = statusOfId[id]!
    rowOfId[id] = row++
  }
  const rows: ImageRows = {
    ids,
    rowOfId,
    statuses,
    duplicates: new Uint8Array(count),
    found: new Int32Array(count),
    confidences: new Float64Array(count).fill(Number.NaN),
    reliable: new Uint8Array(count),
    placed: new Int32Array(count),
    rejected: new Uint8Array(count),
    human: new Int32Array(count),
    imported: new Int32Array(count),
    leastSureFirst: new Int32Array(),
    surestFirst: new Int32Array(),
  }
  for (const group of ['exact_group', 'near_group'])
    mark(rows, rows.duplicates, numbers(sql, `SELECT id FROM images WHERE ${group} IS NOT NULL`))
  mark(rows, rows.rejected, numbers(sql, 'SELECT image_id FROM rejections'))
  put(sql, rows, rows.placed, 'cluster_id', 'placements')
  for (const source of ['human', 'imported'] as const) put(sql, rows, rows[source], 'class_id', `labels WHERE source = '${source}'`)
  const byConfidence = loadClustering(sql, rows)
  return { ...rows, ...rankedRows(rows, byConfidence) }
}

/** @param byConfidence The rows with a confidence, least sure first, then by id. */
function rankedRows({ confidences }: ImageRows, byConfidence: Int32Array): Pick<ImageRows, 'leastSureFirst' | 'surestFirst'> {
  const leastSureFirst = new Int32Array(confidences.length)
  const surestFirst = new Int32Array(confidences.length)
  const withoutCount = confidences.length - byConfidence.length
  let without = 0
  for (let row = 0; without < withoutCount; row++) if (Number.isNaN(confidences[row])) surestFirst[without++] = row
  leastSureFirst.set(byConfidence)
  leastSureFirst.set(surestFirst.subarray(0, withoutCount), byConfidence.length)
  let place = withoutCount
  // From the end, each run of equal confidences in its own order, which is that of the ids.
  for (let end = byConfidence.length; end > 0; ) {
    let start = end - 1
    while (start > 0 && confidences[byConfidence[start - 1]!] === confidences[byConfidence[start]!]) start--
    for (let equal = start; equal < end; equal++) surestFirst[place++] = byConfidence[equal]!
    end = start
  }
  return { leastSureFirst, surestFirst }
}

/** Fills what the current clustering found; returns its rows in order of confidence. */
function loadClustering(sql: BetterSqlite3.Database, rows: ImageRows): Int32Array {
  const [clustering] = numbers(sql, 'SELECT current_clustering_id FROM project WHERE current_clustering_id IS NOT NULL')
  if (clustering === undefined) return new Int32Array()
  const sorted = (column: string): number[] =>
    numbers(
      sql,
      `SELECT ${column} FROM found_assignments INDEXED BY assignments_by_confidence WHERE clustering_id = ? ORDER BY confidence, image_id`,
      clustering,
    )
  const byConfidence = rowsOf(rows, sorted('image_id'))
  for (const [place, confidence] of sorted('confidence').entries()) rows.confidences[byConfidence[place]!] = confidence
  const found = numbers(
    sql,
    'SELECT found_cluster_id * 2 + (reliable <> 0) FROM found_assignments NOT INDEXED WHERE clustering_id = ? ORDER BY image_id',
    clustering,
  )
  let place = 0
  for (let row = 0; row < rows.ids.length; row++) {
    if (Number.isNaN(rows.confidences[row])) continue
    const both = found[place++]!
    rows.found[row] = Math.floor(both / 2)
    rows.reliable[row] = both % 2
  }
  return byConfidence
}

function rowsOf({ rowOfId }: ImageRows, ids: readonly number[] | Int32Array): Int32Array {
  const rows = new Int32Array(ids.length)
  for (let place = 0; place < rows.length; place++) rows[place] = rowOfId[ids[place]!]!
  return rows
}

function mark({ rowOfId }: ImageRows, column: Uint8Array, ids: readonly number[]): void {
  for (const id of ids) column[rowOfId[id]!] = 1
}

/** One value an image of a table, by image. */
function put(sql: BetterSqlite3.Database, { rowOfId }: ImageRows, column: Int32Array, value: string, table: string): void {
  const values = numbers(sql, `SELECT ${value} FROM ${table} ORDER BY image_id`)
  for (const [place, id] of numbers(sql, `SELECT image_id FROM ${table} ORDER BY image_id`).entries()) column[rowOfId[id]!] = values[place]!
}
