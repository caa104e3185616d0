import type { DuplicateGroup, DuplicateGroupId, ImageId, ImageProblem, ImageStatus, RootId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { Connection } from '../connection.ts'

/** What an import knows about a file; the place of an image is (root, path). */
export type ImageRecord = Readonly<{
  rootId: RootId
  /** Relative to the root, '/' between its parts. */
  path: string
  contentHash: string | null
  sizeBytes: number
  modifiedAt: number
  widthPx: number | null
  heightPx: number | null
  format: string | null
  status: ImageStatus
  problemCode: string | null
  reason: string | null
  perceptualHash: string | null
  /** Row in the pixel pack. */
  pixelRow: number | null
  thumbnailOffset: number | null
  thumbnailLength: number | null
}>

/** Rows of the pixel pack, bytes of the file of thumbnails. */
export type PackedLengths = Readonly<{ pixelRows: number; thumbnailBytes: number }>

export type StoredImage = ImageRecord &
  Readonly<{ id: ImageId; exactGroup: DuplicateGroupId | null; nearGroup: DuplicateGroupId | null; importedAt: number }>

/** What a dataset tells of the file of an image. */
export type ExportableImage = Pick<StoredImage, 'id' | 'rootId' | 'path' | 'sizeBytes' | 'exactGroup' | 'nearGroup'> &
  Readonly<{ contentHash: string; widthPx: number; heightPx: number; format: string }>

const columns = `id, root_id AS rootId, path, content_hash AS contentHash, size_bytes AS sizeBytes, modified_at AS modifiedAt,
  width_px AS widthPx, height_px AS heightPx, format, status, problem_code AS problemCode, reason, perceptual_hash AS perceptualHash,
  pixel_row AS pixelRow, thumbnail_offset AS thumbnailOffset, thumbnail_length AS thumbnailLength, exact_group AS exactGroup,
  near_group AS nearGroup, imported_at AS importedAt`

/** Of an image that can be learned from. */
const isUsable = "status = 'ok' AND pixel_row IS NOT NULL"

/** One row a file of the user's folders, also of those that could not be read. */
export function createImagesTable({ sql, write, columns: known }: Connection) {
  const save = sql.prepare<Record<string, unknown>, number>(
    `INSERT INTO images (root_id, path, content_hash, size_bytes, modified_at, width_px, height_px, format, status, problem_code, reason,
       perceptual_hash, pixel_row, thumbnail_offset, thumbnail_length, imported_at)
     VALUES (@rootId, @path, @contentHash, @sizeBytes, @modifiedAt, @widthPx, @heightPx, @format, @status, @problemCode, @reason,
       @perceptualHash, @pixelRow, @thumbnailOffset, @thumbnailLength, @importedAt)
     ON CONFLICT (path, root_id) DO UPDATE SET content_hash = excluded.content_hash, size_bytes = excluded.size_bytes,
       modified_at = excluded.modified_at, width_px = excluded.width_px, height_px = excluded.height_px, format = excluded.format,
       status = excluded.status, problem_code = excluded.problem_code, reason = excluded.reason,
       perceptual_hash = excluded.perceptual_hash, pixel_row = excluded.pixel_row, thumbnail_offset = excluded.thumbnail_offset,
       thumbnail_length = excluded.thumbnail_length, imported_at = excluded.imported_at
     RETURNING id`,
  )
  save.pluck()
  const one = sql.prepare<[number], StoredImage>(`SELECT ${columns} FROM images WHERE id = ?`)
  const ofRoot = sql.prepare<[number], StoredImage>(`SELECT ${columns} FROM images WHERE root_id = ? ORDER BY path`)
  const usable = sql.prepare<[], StoredImage>(`SELECT ${columns} FROM images WHERE ${isUsable} ORDER BY root_id, path`)
  const exportable = sql.prepare<[], ExportableImage>(
    `SELECT id, root_id AS rootId, path, content_hash AS contentHash, size_bytes AS sizeBytes, width_px AS widthPx, height_px AS heightPx,
       coalesce(format, '') AS format, exact_group AS exactGroup, near_group AS nearGroup FROM images
     WHERE ${isUsable} AND content_hash IS NOT NULL AND width_px IS NOT NULL AND height_px IS NOT NULL
     ORDER BY id`,
  )
  const usableRows = sql.prepare<[], [ImageId, number]>(`SELECT id, pixel_row FROM images WHERE ${isUsable} ORDER BY root_id, path`).raw()
  const move = sql.prepare(
    `UPDATE images SET root_id = @rootId, path = @path, modified_at = @modifiedAt,
       status = CASE WHEN pixel_row IS NOT NULL OR status = 'ok' THEN 'ok' ELSE status END,
       problem_code = CASE WHEN pixel_row IS NOT NULL THEN NULL ELSE problem_code END,
       reason = CASE WHEN pixel_row IS NOT NULL THEN NULL ELSE reason END
     WHERE id = @id`,
  )
  const setAside = sql.prepare("UPDATE images SET path = '/moving/' || id WHERE id = ?")
  const setStatus = sql.prepare('UPDATE images SET status = ?, problem_code = ?, reason = ? WHERE id = ?')
  const forgetPixels = sql.prepare('UPDATE images SET pixel_row = NULL WHERE pixel_row >= ?')
  const forgetThumbnails = sql.prepare(
    'UPDATE images SET thumbnail_offset = NULL, thumbnail_length = NULL WHERE thumbnail_offset + thumbnail_length > ?',
  )
  const packedLengths = sql.prepare<[], PackedLengths>(
    `SELECT coalesce(max(pixel_row) + 1, 0) AS pixelRows, coalesce(max(thumbnail_offset + thumbnail_length), 0) AS thumbnailBytes
     FROM images`,
  )
  const counts = sql.prepare<[], { status: ImageStatus; count: number }>('SELECT status, count(*) AS count FROM images GROUP BY status')
  const problems = sql.prepare<[number, number], ImageProblem>(
    `SELECT id AS imageId, path, status, problem_code AS code, coalesce(reason, '') AS reason FROM images
     WHERE status <> 'ok' AND id > ? ORDER BY id LIMIT ?`,
  )
  const groupStatements = {
    exact: {
      clear: sql.prepare('UPDATE images SET exact_group = NULL WHERE exact_group IS NOT NULL'),
      set: sql.prepare('UPDATE images SET exact_group = ? WHERE id = ?'),
      list: sql.prepare<[], { id: DuplicateGroupId; imageId: ImageId }>(
        'SELECT exact_group AS id, id AS imageId FROM images WHERE exact_group IS NOT NULL ORDER BY exact_group, images.id',
      ),
    },
    near: {
      clear: sql.prepare('UPDATE images SET near_group = NULL WHERE near_group IS NOT NULL'),
      set: sql.prepare('UPDATE images SET near_group = ? WHERE id = ?'),
      list: sql.prepare<[], { id: DuplicateGroupId; imageId: ImageId }>(
        'SELECT near_group AS id, id AS imageId FROM images WHERE near_group IS NOT NULL ORDER BY near_group, images.id',
      ),
    },
  }

  return {
    /** Adds images, or renews those at the same place, in one transaction; their ids, in order. Groups of duplicates are kept. */
    save: (records: readonly ImageRecord[]): ImageId[] =>
      write(() => {
        const importedAt = Date.now()
        known.forget()
        return records.map((record) => save.get({ ...record, importedAt }) as ImageId)
      }),
    get: (id: ImageId): StoredImage => {
      const row = one.get(id)
      if (!row) throw new SpicerackError('NOT_FOUND', say('noSuchImage', { id }))
      return row
    },
    /** Every image of a root, whatever its status, by path: what a new scan is compared with. */
    ofRoot: (rootId: RootId): StoredImage[] => ofRoot.all(rootId),
    /** The images that can be learned from, in listed order: by root, then by the bytes of the path. */
    usable: (): StoredImage[] => usable.all(),
    /** The usable images, by id, one after the other. */
    exportable: (): IterableIterator<ExportableImage> => exportable.iterate(),
    /** The same images alone, each with its row in the pixel pack, in that order. */
    pixelRows: (): Map<ImageId, number> => new Map(usableRows.iterate()),
    /** Gives images another place, in one transaction (swapped names too); a missing one that was decoded is ok again. */
    move: (moves: readonly Readonly<{ id: ImageId; rootId: RootId; path: string; modifiedAt: number }>[]): void =>
      write(() => {
        known.forget()
        for (const { id } of moves) setAside.run(id)
        for (const change of moves) move.run(change)
      }),
    setStatus: (ids: readonly ImageId[], status: ImageStatus, problemCode: string | null, reason: string | null): void =>
      write(() => {
        known.forget()
        for (const id of ids) setStatus.run(status, problemCode, reason, id)
      }),
    /** How much of the packed files the rows of images need. */
    packedLengths: (): PackedLengths => packedLengths.get()!,
    /** The packed files end here: images whose pixels or thumbnail lay beyond are without them, and are to be decoded anew. */
    forgetBeyond: ({ pixelRows, thumbnailBytes }: PackedLengths): void =>
      write(() => {
        known.forget()
        forgetPixels.run(pixelRows)
        forgetThumbnails.run(thumbnailBytes)
      }),
    counts: (): Readonly<{ total: number } & Record<ImageStatus, number>> => {
      const result = { total: 0, ok: 0, unreadable: 0, missing: 0 }
      for (const { status, count } of counts.all()) {
        result[status] = count
        result.total += count
      }
      return result
    },
    /** Images that are not ok, by id; after the id given. */
    problems: (limit: number, after = 0): ImageProblem[] => problems.all(after, limit),
    /** Replaces all groups of this kind; a group holds two images or more. */
    setDuplicateGroups: (kind: DuplicateGroup['kind'], groups: readonly (readonly ImageId[])[]): void =>
      write(() => {
        const { clear, set } = groupStatements[kind]
        known.forget()
        clear.run()
        for (const [index, group] of groups.entries()) for (const id of group) set.run(index + 1, id)
      }),
    duplicateGroups: (kind: DuplicateGroup['kind']): DuplicateGroup[] => {
      const groups = new Map<DuplicateGroupId, ImageId[]>()
      for (const { id, imageId } of groupStatements[kind].list.all()) {
        const members = groups.get(id)
        if (members) members.push(imageId)
        else groups.set(id, [imageId])
      }
      return [...groups].map(([id, imageIds]) => ({ id, kind, imageIds }))
    },
  }
}
