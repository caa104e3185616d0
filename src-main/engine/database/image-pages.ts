import type { ClassId, ClusterId, Image, ImageId, ImageStatus } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { Connection } from './connection.ts'
import { bands, createImageOrders } from './image-orders.ts'

export type ImageFilter = Readonly<{
  status?: ImageStatus
  clusterId?: ClusterId
  /** Effective class; null = images without one. */
  classId?: ClassId | null
  reliable?: boolean
  rejected?: boolean
  band?: (typeof bands)[number]
  /** Inclusive, 0-1. */
  minConfidence?: number
  maxConfidence?: number
  /** Part of the path, whatever its case (ASCII). */
  text?: string
  labelSource?: 'human' | 'imported' | 'mapping'
  /** A person labelled it, put it into its cluster, or confirmed it there. */
  confirmed?: boolean
  /** Only images of a group of duplicates. */
  duplicates?: true
}>
export const imageSorts = ['id', 'path', 'confidence', 'localConsistency'] as const
export type ImageSort = (typeof imageSorts)[number]
export type ImageQuery = Readonly<{ filter?: ImageFilter; sort?: ImageSort; descending?: boolean; cursor?: string | null; limit: number }>
export type ImagePage = Readonly<{ images: readonly Image[]; nextCursor: string | null }>

type Position = Readonly<{ sort: ImageSort; descending: boolean; value: number | string | null; id: number }>
type Bound = string | number | null
type PageRow = Readonly<Record<string, string | number | null>>

const sortColumns: Record<ImageSort, string> = {
  id: 'i.id',
  path: 'i.path',
  confidence: 'a.confidence',
  localConsistency: 'a.local_consistency',
}
const current = '(SELECT current_clustering_id FROM project)'
const classOf = 'CASE WHEN r.image_id IS NULL THEN coalesce(h.class_id, l.class_id, m.class_id) END'
const sourceOf = `CASE WHEN r.image_id IS NOT NULL THEN NULL WHEN h.class_id IS NOT NULL THEN 'human' WHEN l.class_id IS NOT NULL THEN 'imported' WHEN m.class_id IS NOT NULL THEN 'mapping' END`
const facts = `LEFT JOIN labels AS h ON h.source = 'human' AND h.image_id = i.id
  LEFT JOIN labels AS l ON l.source = 'imported' AND l.image_id = i.id
  LEFT JOIN mappings AS m ON m.cluster_id = a.cluster_id
  LEFT JOIN rejections AS r ON r.image_id = i.id
  LEFT JOIN placements AS p ON p.image_id = i.id`
const imagesFirst = `FROM images AS i LEFT JOIN assignments AS a ON a.clustering_id = ${current} AND a.image_id = i.id ${facts}`
const assignmentsFirst = `FROM assignments AS a CROSS JOIN images AS i ON i.id = a.image_id ${facts}`
/** Index in `bands`. */
const bandOf =
  'CASE WHEN r.image_id IS NOT NULL THEN 2 WHEN a.reliable = 1 OR p.image_id IS NOT NULL OR h.image_id IS NOT NULL OR l.image_id IS NOT NULL THEN 0 ELSE 1 END'
const columns = `i.id, i.root_id AS rootId, i.path, i.status, i.problem_code AS problemCode, i.reason, i.content_hash AS contentHash,
  i.size_bytes AS sizeBytes, i.modified_at AS modifiedAt, i.width_px AS widthPx, i.height_px AS heightPx, i.format,
  i.perceptual_hash AS perceptualHash, i.exact_group AS exactGroup, i.near_group AS nearGroup, i.imported_at AS importedAt,
  i.thumbnail_offset IS NOT NULL AS hasThumbnail, a.cluster_id AS clusterId, a.found_cluster_id AS foundClusterId, a.confidence,
  a.local_consistency AS localConsistency, a.reliable, p.image_id IS NOT NULL AS placed, r.image_id IS NOT NULL AS rejected,
  ${classOf} AS classId, ${sourceOf} AS labelSource`

/** Pages of images by key: each begins after the last image of the one before, so that no page costs more than another. */
export function createImagePages(connection: Connection) {
  const { sql } = connection
  return {
    ...createImageOrders(connection),
    /**
     * Images that match, in order; equal values by id (in the same direction). Those without the value sorted by come last.
     *
     * @throws BAD_INPUT for a cursor of another order.
     */
    page: ({ filter = {}, sort = 'id', descending = false, cursor = null, limit }: ImageQuery): ImagePage => {
      const from = cursor === null ? undefined : readCursor(cursor, sort, descending)
      const rows: PageRow[] = []
      const hasGaps = sort === 'confidence' || sort === 'localConsistency'
      const fetch = (nulls: boolean, start: Position | undefined) => {
        const { where, values } = toWhere(filter)
        const column = nulls ? 'i.id' : sortColumns[sort]
        const usesAssignments = !nulls && hasGaps
        if (usesAssignments || filter.clusterId !== undefined) where.push(`a.clustering_id = ${current}`)
        if (hasGaps) where.push(`${sortColumns[sort]} IS ${nulls ? '' : 'NOT '}NULL`)
        const idColumn = usesAssignments ? 'a.image_id' : 'i.id'
        const comparison = descending ? '<' : '>'
        if (start && column === 'i.id') {
          where.push(`i.id ${comparison} ?`)
          values.push(start.id)
        } else if (start) {
          where.push(`(${column}, ${idColumn}) ${comparison} (?, ?)`)
          values.push(start.value, start.id)
        }
        const way = descending ? 'DESC' : 'ASC'
        const order = column === 'i.id' ? `i.id ${way}` : `${column} ${way}, ${idColumn} ${way}`
        const source = usesAssignments || filter.clusterId !== undefined ? assignmentsFirst : imagesFirst
        const statement = sql.prepare<Bound[], PageRow>(
          `SELECT ${columns} ${source} ${where.length ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY ${order} LIMIT ?`,
        )
        rows.push(...statement.all(...values, limit + 1 - rows.length))
      }
      const isInGap = from !== undefined && hasGaps && from.value === null
      if (!isInGap) fetch(false, from)
      if (hasGaps && rows.length <= limit) fetch(true, isInGap ? from : undefined)
      const images = rows.slice(0, limit).map(toImage)
      const last = rows[limit - 1]
      const nextCursor =
        rows.length > limit && last ? writeCursor({ sort, descending, value: last[sort] ?? null, id: last.id as number }) : null
      return { images, nextCursor }
    },
    /** @throws NOT_FOUND */
    get: (id: ImageId): Image => {
      const row = sql.prepare<[number], PageRow>(`SELECT ${columns} ${imagesFirst} WHERE i.id = ?`).get(id)
      if (!row) throw new SpicerackError('NOT_FOUND', say('noSuchImage', { id }))
      return toImage(row)
    },
    /** The images of these ids, in this order; those that do not exist are left out. */
    several: (ids: readonly ImageId[]): Image[] => {
      const found = new Map(
        sql
          .prepare<[string], PageRow>(`SELECT ${columns} ${imagesFirst} WHERE i.id IN (SELECT value FROM json_each(?))`)
          .all(JSON.stringify(ids))
          .map((row) => [row.id, toImage(row)]),
      )
      return ids.flatMap((id) => found.get(id) ?? [])
    },
  }
}

function toWhere(filter: ImageFilter): { where: string[]; values: Bound[] } {
  const where: string[] = []
  const values: Bound[] = []
  const add = (condition: string, value: Bound | undefined) => {
    if (value === undefined) return
    where.push(condition)
    values.push(value)
  }
  add('i.status = ?', filter.status)
  add('a.cluster_id = ?', filter.clusterId)
  add(`${classOf} IS ?`, filter.classId)
  add('a.reliable = ?', filter.reliable === undefined ? undefined : Number(filter.reliable))
  add('(r.image_id IS NOT NULL) = ?', filter.rejected === undefined ? undefined : Number(filter.rejected))
  add(`a.image_id IS NOT NULL AND ${bandOf} = ?`, filter.band === undefined ? undefined : bands.indexOf(filter.band))
  add('a.confidence >= ?', filter.minConfidence)
  add('a.confidence <= ?', filter.maxConfidence)
  add('instr(lower(i.path), lower(?)) > 0', filter.text)
  add(`${sourceOf} = ?`, filter.labelSource)
  add('(h.image_id IS NOT NULL OR p.image_id IS NOT NULL) = ?', filter.confirmed === undefined ? undefined : Number(filter.confirmed))
  if (filter.duplicates) where.push('(i.exact_group IS NOT NULL OR i.near_group IS NOT NULL)')
  return { where, values }
}

function toImage(row: PageRow): Image {
  const { clusterId, foundClusterId, confidence, localConsistency, reliable, ...image } = row
  return {
    ...image,
    hasThumbnail: row.hasThumbnail === 1,
    placed: row.placed === 1,
    rejected: row.rejected === 1,
    assignment:
      clusterId === null ? null : { imageId: row.id, clusterId, foundClusterId, confidence, localConsistency, reliable: reliable === 1 },
  } as unknown as Image
}

function writeCursor(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

function readCursor(cursor: string, sort: ImageSort, descending: boolean): Position {
  try {
    const position = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Position
    if (position.sort === sort && position.descending === descending && Number.isInteger(position.id)) return position
  } catch {
    // Falls through to the one answer for every cursor that is not ours.
  }
  throw new SpicerackError('BAD_INPUT', say('strangeCursor'), { advice: say('withoutCursor') })
}
