import { toErrorData } from '#shared/errors.ts'

/** 0 done, 1 failed, 2 bad usage, 130 cancelled (resumable). */
export const exitCodes = { done: 0, failed: 1, badUsage: 2, cancelled: 130 } as const

export function exitCodeOf(error: unknown): number {
  const { code } = toErrorData(error)
  if (code === 'CANCELLED') return exitCodes.cancelled
  return code === 'BAD_INPUT' || code === 'BAD_CLUSTER_COUNT' ? exitCodes.badUsage : exitCodes.failed
}
