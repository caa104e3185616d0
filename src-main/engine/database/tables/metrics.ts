import type { MetricPoint, RunId } from '#shared/entities.ts'
import type { StageName } from '#shared/jobs.ts'
import type { Connection } from '../connection.ts'

/** Of one series at a time: more than a curve can show. */
const mostPoints = 2000

/** The series of a run. */
export function createMetricsTable({ sql, write }: Connection) {
  const insert = sql.prepare(
    `INSERT INTO metrics (run_id, stage, name, step, value) VALUES (@runId, @stage, @name, @step, @value)
     ON CONFLICT DO UPDATE SET value = excluded.value`,
  )
  const after = sql.prepare<[string, string, number, number], MetricPoint>(
    `SELECT runId, stage, name, step, value FROM (
       SELECT run_id AS runId, stage, name, step, value,
         row_number() OVER series - 1 AS place, count(*) OVER (PARTITION BY name) AS count
       FROM metrics WHERE run_id = ? AND stage = ? AND step > ? AND value IS NOT NULL
       WINDOW series AS (PARTITION BY name ORDER BY step))
     WHERE place % (1 + count / ?) = 0 OR place = count - 1 ORDER BY step, name`,
  )

  return {
    /** Adds points in one transaction; a point of the same step is replaced, as after a resume. A value that is not finite leaves a gap. */
    add: (points: readonly MetricPoint[]): void =>
      write(() => {
        for (const point of points) insert.run({ ...point, value: Number.isFinite(point.value) ? point.value : null })
      }),
    /** Points after a step, by step then name; -1 for all. Of a longer series evenly some, and the last. */
    list: (runId: RunId, stage: StageName, afterStep = -1): MetricPoint[] => after.all(runId, stage, afterStep, mostPoints),
  }
}
