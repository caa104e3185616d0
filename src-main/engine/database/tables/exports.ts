import type { Export, ExportId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { Connection } from '../connection.ts'

type ExportRow = Omit<Export, 'options' | 'problems'> & Readonly<{ options: string; problems: string }>

const columns = `id, format, path, options, state, image_count AS imageCount, size_bytes AS sizeBytes, problems,
  created_at AS createdAt, ended_at AS endedAt`
const noProblems: Export['problems'] = { missing: 0, unreadable: 0, changed: 0, copiedInsteadOfLinked: 0 }

type ExportResult = Readonly<{
  state: 'completed' | 'cancelled' | 'failed'
  imageCount: number
  sizeBytes: number
  /** None when left out. */
  problems?: Export['problems']
}>

/** One row an export that was begun. */
export function createExportsTable({ sql, write }: Connection) {
  const insert = sql.prepare("INSERT INTO exports (format, path, options, state, created_at) VALUES (?, ?, ?, 'running', ?)")
  const one = sql.prepare<[number], ExportRow>(`SELECT ${columns} FROM exports WHERE id = ?`)
  const all = sql.prepare<[], ExportRow>(`SELECT ${columns} FROM exports ORDER BY id DESC`)
  const end = sql.prepare('UPDATE exports SET state = ?, image_count = ?, size_bytes = ?, problems = ?, ended_at = ? WHERE id = ?')
  const cutOff = sql.prepare("UPDATE exports SET state = 'failed', ended_at = ? WHERE state = 'running'")
  const toExport = (row: ExportRow): Export => ({
    ...row,
    options: JSON.parse(row.options) as Export['options'],
    problems: JSON.parse(row.problems) as Export['problems'],
  })
  const get = (id: ExportId): Export => {
    const row = one.get(id)
    if (!row) throw new SpicerackError('NOT_FOUND', say('noSuchExport', { id }))
    return toExport(row)
  }
  return {
    begin: (format: string, path: string, options: Export['options']): Export =>
      write(() => get(Number(insert.run(format, path, JSON.stringify(options), Date.now()).lastInsertRowid) as ExportId)),
    end: (id: ExportId, { state, imageCount, sizeBytes, problems = noProblems }: ExportResult): Export =>
      write(() => {
        end.run(state, imageCount, sizeBytes, JSON.stringify(problems), Date.now(), id)
        return get(id)
      }),
    get,
    /** Newest first. */
    list: (): Export[] => all.all().map(toExport),
    /** Exports under way when the engine ended have failed; how many. */
    failUnfinished: (): number => write(() => cutOff.run(Date.now()).changes),
  }
}
