import { expect, it } from 'vitest'
import { unfinishedJobs } from '#main/cli/unfinished.ts'
import type { Job, JobId } from '#shared/entities.ts'
import type { JobKind, JobState } from '#shared/jobs.ts'

it('of the jobs that wait, the newest of each kind counts, and none that a later one has overtaken', () => {
  const job = (id: number, kind: JobKind, state: JobState['kind']): Job => ({
    ...{ id: id as JobId, kind, payload: null, createdAt: 0, changedAt: 0 },
    progress: { done: 0, total: null, rate: null, secondsLeft: null, stage: null, note: '' },
    ...{ state: { kind: state } as Job['state'] },
  })
  const jobs = [
    job(6, 'export', 'failed'),
    job(5, 'run', 'completed'),
    job(4, 'import', 'interrupted'),
    job(3, 'run', 'paused'),
    job(2, 'import', 'failed'),
    job(1, 'export', 'interrupted'),
  ]
  expect(unfinishedJobs(jobs).map(({ id }) => id)).toEqual([6, 4])
})
