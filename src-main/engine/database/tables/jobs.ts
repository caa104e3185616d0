import type { Job, JobId, JobProgress } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { canTransition, type JobKind, type JobState, type JobStateKind } from '#shared/jobs.ts'
import { say } from '#shared/said.ts'
import type { Connection } from '../connection.ts'

type JobRow = Omit<Job, 'state' | 'payload' | 'progress'> & Readonly<{ state: string; payload: string; progress: string }>

const columns = 'id, kind, state, payload, progress, created_at AS createdAt, changed_at AS changedAt'
const noProgress: JobProgress = { done: 0, total: null, rate: null, secondsLeft: null, stage: null, note: '' }

/** The queue; a job's row is the truth about its state. */
export function createJobsTable({ sql, write }: Connection) {
  const insert = sql.prepare(
    `INSERT INTO jobs (kind, state_kind, state, payload, progress, created_at, changed_at)
     VALUES (@kind, 'queued', '{"kind":"queued"}', @payload, @progress, @now, @now)`,
  )
  const one = sql.prepare<[number], JobRow>(`SELECT ${columns} FROM jobs WHERE id = ?`)
  const all = sql.prepare<[number], JobRow>(`SELECT ${columns} FROM jobs ORDER BY id DESC LIMIT ?`)
  const setState = sql.prepare('UPDATE jobs SET state_kind = @kind, state = @state, changed_at = @now WHERE id = @id')
  const setProgress = sql.prepare('UPDATE jobs SET progress = ?, changed_at = ? WHERE id = ?')
  const cutOff = sql.prepare(
    `UPDATE jobs SET state_kind = 'interrupted', state = '{"kind":"interrupted"}', changed_at = ?
     WHERE state_kind IN ('starting', 'running', 'cancelling')`,
  )
  const toJob = (row: JobRow): Job => ({
    ...row,
    state: JSON.parse(row.state) as Job['state'],
    payload: JSON.parse(row.payload) as unknown,
    progress: JSON.parse(row.progress) as JobProgress,
  })
  const get = (id: JobId): Job => {
    const row = one.get(id)
    if (!row) throw new SpicerackError('NOT_FOUND', say('noSuchJob', { id }))
    return toJob(row)
  }

  return {
    /** A new job, queued. */
    add: (kind: JobKind, payload: unknown): Job =>
      write(() => {
        const { lastInsertRowid } = insert.run({
          kind,
          payload: JSON.stringify(payload ?? null),
          progress: JSON.stringify(noProgress),
          now: Date.now(),
        })
        return get(Number(lastInsertRowid) as JobId)
      }),
    get,
    /** Newest first. */
    list: (limit = 200): Job[] => all.all(limit).map(toJob),
    /**
     * Moves a job to another state, checked and written in one transaction.
     *
     * @throws CONFLICT when that state may not follow the present one; NOT_FOUND.
     */
    transition: (id: JobId, state: JobState): Job =>
      write(() => {
        const from: JobStateKind = get(id).state.kind
        if (!canTransition(from, state.kind)) throw new SpicerackError('CONFLICT', say('jobChange', { id, from, to: state.kind }))
        setState.run({ id, kind: state.kind, state: JSON.stringify(state), now: Date.now() })
        return get(id)
      }),
    /** Writes a state that was reached while nothing could be written; what came between is not known here. */
    overwriteState: (id: JobId, state: JobState): void =>
      write(() => void setState.run({ id, kind: state.kind, state: JSON.stringify(state), now: Date.now() })),
    saveProgress: (id: JobId, progress: JobProgress): void => write(() => void setProgress.run(JSON.stringify(progress), Date.now(), id)),
    /** Jobs that were under way when the engine ended become interrupted; how many. Called when a project is opened. */
    interruptUnfinished: (): number => write(() => cutOff.run(Date.now()).changes),
  }
}
