import { describe, expect, it } from 'vitest'
import type { Cluster } from '#shared/entities.ts'
import { nextStepOf } from '../../src-renderer/components/cluster/next-step.ts'

const cluster = (facts: Partial<Cluster>): Cluster =>
  ({ imageCount: 100, reliableCount: 100, rejectedCount: 0, classId: null, ...facts }) as Cluster

describe('next step with a cluster', () => {
  it('says first that it is small, then that it has doubtful images', () => {
    expect(nextStepOf(cluster({ imageCount: 10, reliableCount: 9 }), [10, 100, 100])).toEqual({ kind: 'small', ratio: 0.1 })
    expect(nextStepOf(cluster({ reliableCount: 93 }), [100, 100])).toEqual({ kind: 'doubtful', count: 7 })
  })

  it('does not count what was rejected', () => {
    expect(nextStepOf(cluster({ reliableCount: 40, rejectedCount: 60 }), [100])).toEqual({ kind: 'unnamed' })
    expect(nextStepOf(cluster({ imageCount: 5, reliableCount: 0, rejectedCount: 5, classId: 1 as Cluster['classId'] }), [5])).toEqual({
      kind: 'fine',
    })
  })
})
