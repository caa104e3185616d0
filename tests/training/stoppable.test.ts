import { expect, it } from 'vitest'
import { StageStopped } from '#engine/training/run-context.ts'
import { inHundredths, stoppable } from '#engine/training/stoppable.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { StageProgress } from '#shared/worker-protocol.ts'
import { memoryHost } from './run-in-memory.ts'

it('tells progress that is never more than all, though shares add up to more', async () => {
  const told: Omit<StageProgress, 'stage'>[] = []
  const host = { ...memoryHost(), progress: (progress: Omit<StageProgress, 'stage'>) => void told.push(progress) }
  const result = await stoppable(host, inHundredths(say('scoring')), async ({ onProgress }) => {
    for (const ratio of [0.5, 1, 1 + 1e-12]) onProgress?.(ratio)
    return 'done'
  })
  expect(result).toBe('done')
  expect(told.map(({ step }) => step)).toEqual([50, 100, 100])
  expect(told.every(({ secondsLeft }) => secondsLeft !== null && secondsLeft >= 0)).toBe(true)
})

it('stops the stage where the work was stopped, and passes other errors on', async () => {
  const host = memoryHost({ stop: () => true })
  const work = async ({ signal }: { signal?: { readonly aborted: boolean } }): Promise<void> => {
    if (signal?.aborted) throw SpicerackError.inEnglish('CANCELLED', 'stopped')
  }
  await expect(stoppable(host, inHundredths(say('scoring')), work)).rejects.toBeInstanceOf(StageStopped)
  const failure = SpicerackError.inEnglish('NO_IMAGES', 'none')
  await expect(stoppable(host, inHundredths(say('scoring')), () => Promise.reject(failure))).rejects.toBe(failure)
})
