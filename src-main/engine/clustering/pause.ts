import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'

/** How a caller follows and stops long work. */
export type Follow = Readonly<{
  /** Told the share that is done, 0-1, after each part. */
  onProgress?: (doneRatio: number) => void
  /** Looked at between parts; an AbortSignal fits. */
  signal?: Readonly<{ aborted: boolean }>
}>

/**
 * Between two parts of long work: tells how far it is, lets messages in (a macrotask), and stops if asked to.
 *
 * @throws CANCELLED when the signal is aborted.
 */
export async function pause(follow: Follow, doneRatio: number): Promise<void> {
  follow.onProgress?.(doneRatio)
  await new Promise((resolve) => setImmediate(resolve))
  if (follow.signal?.aborted) throw new SpicerackError('CANCELLED', say('stoppedAsAsked'))
}

/** Follows one part of longer work: its whole is the share from `from` to `to` of the other's, and never more than 1 by rounding. */
export function partOf({ onProgress, signal }: Follow, from: number, to: number): Follow {
  return {
    ...(onProgress ? { onProgress: (ratio: number) => onProgress(Math.min(1, from + (to - from) * ratio)) } : {}),
    ...(signal ? { signal } : {}),
  }
}
