import type { RunId, Stage } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import type { StageName } from '#shared/jobs.ts'
import { type Said, say } from '#shared/said.ts'
import type { Connection } from '../connection.ts'

type StageRow = Omit<Stage, 'advice' | 'error'> & Readonly<{ advice: string; error: string | null }>

const columns = `run_id AS runId, name, state, step, total_steps AS totalSteps, checkpoint_file AS checkpointFile,
  result_file AS resultFile, advice, error, started_at AS startedAt, ended_at AS endedAt`

/** One row a stage of a run. */
export function createStagesTable({ sql, write }: Connection) {
  const insert = sql.prepare("INSERT INTO stages (run_id, name, position, state) VALUES (?, ?, ?, 'pending')")
  const ofRun = sql.prepare<[string], StageRow>(`SELECT ${columns} FROM stages WHERE run_id = ? ORDER BY position`)
  const one = sql.prepare<[string, string], StageRow>(`SELECT ${columns} FROM stages WHERE run_id = ? AND name = ?`)
  const update = sql.prepare(
    `UPDATE stages SET state = @state, step = @step, total_steps = @totalSteps, checkpoint_file = @checkpointFile,
       result_file = @resultFile, advice = @advice, error = @error, started_at = @startedAt, ended_at = @endedAt
     WHERE run_id = @runId AND name = @name`,
  )
  const toStage = (row: StageRow): Stage => ({
    ...row,
    advice: JSON.parse(row.advice) as Said[],
    error: row.error === null ? null : (JSON.parse(row.error) as Stage['error']),
  })

  return {
    add: (runId: RunId, names: readonly StageName[]): void => {
      for (const [position, name] of names.entries()) insert.run(runId, name, position)
    },
    list: (runId: RunId): Stage[] => ofRun.all(runId).map(toStage),
    /** Changes what is given, keeps the rest. */
    change: (runId: RunId, name: StageName, change: Partial<Omit<Stage, 'runId' | 'name'>>): Stage =>
      write(() => {
        const row = one.get(runId, name)
        if (!row) throw new SpicerackError('NOT_FOUND', say('noSuchStage', { run: runId, stage: name }))
        const stage: Stage = { ...toStage(row), ...change, runId, name }
        update.run({ ...stage, advice: JSON.stringify(stage.advice), error: stage.error && JSON.stringify(stage.error) })
        return stage
      }),
  }
}
