import type { MetricPoint, RunId } from '#shared/entities.ts'
import type { StageName } from '#shared/jobs.ts'
import type { Connection } from '../connection.ts'

/** The series of a run. */
export function createMetricsTable({ sql, write }: Connection) {
  const insert = sql.prepare(
    `INSERT INTO metrics (run_id, stage, name, step, value) VALUES (@runId, @stage, @name, @step, @value)
     ON CONFLICT DO UPDATE SET value = excluded.value`,
  )
  const after = sql.prepare<[string, string, number], MetricPoint>(
    `SELECT run_id AS runId, stage, name, step, value FROM metrics
     WHERE run_id = ? AND stage = ? AND step > ? AND value IS NOT NULL ORDER BY step, name`,
  )
  const cut = sql.prepare('DELETE FROM metrics WHERE run_id = ? AND stage = ? AND step > ?')

  return {
    /** Adds points in one transaction; a point of the same step is replaced, as after a resume. A value that is not finite leaves a gap. */
    add: (points: readonly MetricPoint[]): void =>
      write(() => {
        for (const point of points) insert.run({ ...point, value: Number.isFinite(point.value) ? point.value : null })
      }),
    /** Points after a step, by step then name; -1 for all. */
    list: (runId: RunId, stage: StageName, afterStep = -1): MetricPoint[] => after.all(runId, stage, afterStep),
    /** Forgets what came after the checkpoint that a resume goes back to. */
    cutAfter: (runId: RunId, stage: StageName, step: number): void => write(() => void cut.run(runId, stage, step)),
  }
}
