import type { Cluster } from '#shared/entities.ts'

/** What may be done next with a cluster that does not look wrong, and the numbers that say so. */
export type NextStep = Readonly<
  { kind: 'small'; ratio: number } | { kind: 'doubtful'; count: number } | { kind: 'unnamed' } | { kind: 'fine' }
>

/** Below this share of the middle size a cluster may be a part of another. */
const smallBelow = 0.2

/**
 * The most pressing thing to do with a cluster.
 *
 * @param sizes Images of every cluster, this one too.
 */
export function nextStepOf({ imageCount, reliableCount, rejectedCount, classId }: Cluster, sizes: readonly number[]): NextStep {
  const doubtful = Math.max(0, imageCount - rejectedCount - reliableCount)
  const middle = sizes.toSorted((one, other) => one - other)[sizes.length >> 1] ?? 0
  if (sizes.length > 2 && imageCount < middle * smallBelow) return { kind: 'small', ratio: imageCount / middle }
  if (doubtful > 0) return { kind: 'doubtful', count: doubtful }
  return classId === null ? { kind: 'unnamed' } : { kind: 'fine' }
}
