import { colourOf } from '#shared/colours.ts'
import type { ClassEntity, ClassId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { Connection } from '../connection.ts'

export type ClassRow = Readonly<{ id: ClassId; name: string; colour: string; key: string | null; deleted: number }>

const columns = 'id, name, colour, key, deleted'

/** One row a class that a person named. */
export function createClassesTable({ sql }: Connection) {
  const nextId = sql.prepare<[], number>("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'classes'), 0) + 1").pluck()
  // Born deleted: the edit that makes a class then puts its row, so that undo and redo go the same way.
  const insert = sql.prepare("INSERT INTO classes (id, name, colour, key, deleted) VALUES (?, '', '#000000', NULL, 1)")
  const one = sql.prepare<[number], ClassRow>(`SELECT ${columns} FROM classes WHERE id = ?`)
  const byName = sql.prepare<[string], ClassRow>(`SELECT ${columns} FROM classes WHERE name = ? AND deleted = 0`)
  const byKey = sql.prepare<[string], ClassRow>(`SELECT ${columns} FROM classes WHERE key = ? AND deleted = 0`)
  const put = sql.prepare('UPDATE classes SET name = @name, colour = @colour, key = @key, deleted = @deleted WHERE id = @id')
  const live = sql.prepare<[], ClassEntity>(
    `WITH counted AS (SELECT class_id, count(*) AS imageCount FROM effective_labels WHERE class_id IS NOT NULL GROUP BY class_id)
     SELECT id, name, colour, key, coalesce(imageCount, 0) AS imageCount
     FROM classes LEFT JOIN counted ON counted.class_id = classes.id WHERE deleted = 0 ORDER BY id`,
  )
  /** @throws NOT_FOUND also for a class that was deleted. */
  const get = (id: ClassId): ClassRow => {
    const row = one.get(id)
    if (!row || row.deleted) throw new SpicerackError('NOT_FOUND', say('noSuchClass', { id }))
    return row
  }
  return {
    /** A number for a new class and its colour; called inside a transaction. */
    reserve: (): ClassRow => {
      const id = nextId.get() as ClassId
      insert.run(id)
      return { id, name: '', colour: colourOf(id), key: null, deleted: 1 }
    },
    get,
    named: (name: string): ClassRow | undefined => byName.get(name),
    withKey: (key: string): ClassRow | undefined => byKey.get(key),
    put: (row: ClassRow): void => void put.run(row),
    /** By id, with how many images have it as their effective label. */
    list: (): ClassEntity[] => live.all(),
  }
}
