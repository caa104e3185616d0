import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blocks, createEpochSampler } from '#engine/training/batches.ts'

describe('epoch sampler', () => {
  it('shows each image at most once an epoch, in an order of the seed, the stream and the epoch alone', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 0, max: 1e9 }),
        (count, batchSize, seed) => {
          const sampler = createEpochSampler(count, batchSize, seed, 'a')
          const size = Math.min(batchSize, count)
          expect(sampler.stepsPerEpoch).toBe(Math.floor(count / size))
          const later = createEpochSampler(count, batchSize, seed, 'a')
          for (let epoch = 2; epoch >= 0; epoch--) {
            const seen = new Set<number>()
            for (let place = 0; place < sampler.stepsPerEpoch; place++) {
              const step = epoch * sampler.stepsPerEpoch + place
              const indices = sampler.indices(step)
              expect(indices.length).toBe(size)
              expect(later.indices(step)).toEqual(indices)
              for (const index of indices) {
                expect(index).toBeGreaterThanOrEqual(0)
                expect(index).toBeLessThan(count)
                seen.add(index)
              }
            }
            expect(seen.size).toBe(sampler.stepsPerEpoch * size)
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('differs by seed, stream and epoch', () => {
    const orders = [createEpochSampler(50, 50, 1, 'a'), createEpochSampler(50, 50, 2, 'a'), createEpochSampler(50, 50, 1, 'b')].map(
      (sampler) => sampler.indices(0).join(),
    )
    orders.push(createEpochSampler(50, 50, 1, 'a').indices(1).join())
    expect(new Set(orders).size).toBe(4)
  })

  it('blocks cover 0 to count - 1 once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 50 }), (count, size) => {
        const found = [...blocks(count, size)]
        expect(found.flatMap((block) => [...block])).toEqual(Array.from({ length: count }, (_, index) => index))
        expect(found.every((block) => block.length <= size && block.length > 0)).toBe(true)
      }),
    )
  })
})
