import type { Follow } from '#engine/clustering/pause.ts'
import { toErrorData } from '#shared/errors.ts'
import type { Message } from '#shared/said.ts'
import { type RunHost, StageStopped } from './run-context.ts'

type Progress = Parameters<RunHost['progress']>[0]

/**
 * Long work of the clustering layer as part of a stage: it tells how far it is and stops when the stage shall.
 *
 * @param tell What to say when a share of the work is done, 0-1, and so many seconds have passed.
 * @throws StageStopped.
 */
export async function stoppable<Result>(
  host: Pick<RunHost, 'now' | 'progress' | 'shouldStop'>,
  tell: (doneRatio: number, seconds: number) => Progress,
  work: (follow: Follow) => Promise<Result>,
): Promise<Result> {
  const startedAt = host.now()
  const follow = {
    // Shares of many parts may add up to a hair more than all.
    onProgress: (doneRatio: number) => host.progress(tell(Math.min(1, doneRatio), (host.now() - startedAt) / 1000)),
    signal: {
      get aborted() {
        return host.shouldStop()
      },
    },
  }
  try {
    return await work(follow)
  } catch (error) {
    throw toErrorData(error).code === 'CANCELLED' ? new StageStopped(0) : error
  }
}

/** Work that is not counted in images, in hundredths. */
export function inHundredths(note: Message): (doneRatio: number, seconds: number) => Progress {
  return (doneRatio, seconds) => ({
    step: Math.round(100 * doneRatio),
    totalSteps: 100,
    imagesPerSecond: 0,
    secondsLeft: (seconds / Math.max(doneRatio, 1e-6)) * (1 - doneRatio),
    note,
  })
}
