import type { Cluster } from '#shared/entities.ts'

/** What may be wrong with a cluster, and the numbers that say so; the act that answers it has the same name in the page. */
export type ClusterAdvice = Readonly<
  | { kind: 'mixed'; ratio: number }
  | { kind: 'small'; ratio: number }
  | { kind: 'doubtful'; count: number }
  | { kind: 'unnamed' }
  | { kind: 'fine' }
>

/** Below this share of reliable images a cluster likely holds several kinds. */
const mixedBelow = 0.5
/** Below this share of the middle size a cluster may be a part of another. */
const smallBelow = 0.2

/**
 * The most pressing thing to say of a cluster.
 *
 * @param sizes Images of every cluster, this one too.
 */
export function adviseOn({ imageCount, reliableCount, rejectedCount, classId }: Cluster, sizes: readonly number[]): ClusterAdvice {
  const kept = imageCount - rejectedCount
  const doubtful = Math.max(0, kept - reliableCount)
  const middle = sizes.toSorted((one, other) => one - other)[sizes.length >> 1] ?? 0
  if (kept > 1 && reliableCount / kept < mixedBelow) return { kind: 'mixed', ratio: reliableCount / kept }
  if (sizes.length > 2 && imageCount < middle * smallBelow) return { kind: 'small', ratio: imageCount / middle }
  if (doubtful > 0) return { kind: 'doubtful', count: doubtful }
  return classId === null ? { kind: 'unnamed' } : { kind: 'fine' }
}
