import { expect, it } from 'vitest'
import { doneRatioOf } from '#main/desktop/done-ratio.ts'
import type { Job } from '#shared/entities.ts'
import type { StageName } from '#shared/jobs.ts'

const jobAt = (stage: StageName | null, done: number, total: number | null, payload: unknown = {}): Job =>
  ({ payload, progress: { stage, done, total, rate: null, secondsLeft: null, note: '' } }) as unknown as Job

it('counts each stage of a run the same, up to the last one that is wanted', () => {
  const upTo = (lastStage: StageName) => ({ runId: 'run-0001', lastStage })
  expect(doneRatioOf(jobAt('pretrain', 1, 2, upTo('semi')))).toBeCloseTo(0.1)
  expect(doneRatioOf(jobAt('semi', 3, 3, upTo('semi')))).toBe(1)
  expect(doneRatioOf(jobAt('embed', 1, 2, upTo('embed')))).toBeCloseTo(0.75)
  expect(doneRatioOf(jobAt('self', 0, null, upTo('self')))).toBeCloseTo(2 / 3)
})

it('counts what other work counts, and knows nothing before that begins', () => {
  expect(doneRatioOf(jobAt(null, 30, 40))).toBe(0.75)
  expect(doneRatioOf(jobAt(null, 50, 40))).toBe(1)
  expect(doneRatioOf(jobAt(null, 0, null))).toBeUndefined()
  expect(doneRatioOf(jobAt(null, 0, 0))).toBeUndefined()
})
