import { describe, expect, it } from 'vitest'
import type { Cluster } from '#shared/entities.ts'
import { adviseOn } from '../../src-renderer/components/cluster/cluster-advice.ts'

const cluster = (facts: Partial<Cluster>): Cluster =>
  ({ imageCount: 100, reliableCount: 100, rejectedCount: 0, classId: null, ...facts }) as Cluster

describe('advice on a cluster', () => {
  it('says first that it is mixed, then that it is small, then that it has doubtful images', () => {
    expect(adviseOn(cluster({ reliableCount: 49 }), [100, 100, 100])).toEqual({ kind: 'mixed', ratio: 0.49 })
    expect(adviseOn(cluster({ imageCount: 10, reliableCount: 9 }), [10, 100, 100])).toEqual({ kind: 'small', ratio: 0.1 })
    expect(adviseOn(cluster({ reliableCount: 93 }), [100, 100])).toEqual({ kind: 'doubtful', count: 7 })
  })

  it('does not count what was rejected', () => {
    expect(adviseOn(cluster({ reliableCount: 40, rejectedCount: 60 }), [100])).toEqual({ kind: 'unnamed' })
    expect(adviseOn(cluster({ imageCount: 5, reliableCount: 0, rejectedCount: 5, classId: 1 as Cluster['classId'] }), [5])).toEqual({
      kind: 'fine',
    })
  })
})
