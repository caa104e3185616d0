import * as tf from '@tensorflow/tfjs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Embeddings, rowsOf } from '#engine/clustering/embeddings.ts'
import { findNeighbours } from '#engine/clustering/neighbours.ts'
import { onEachBackend } from './each-backend.ts'
import { dot, noise, rowOf } from './synthetic.ts'

const small = 16 * 1024

/** All dot products by loops, sorted; the image itself first. */
function slowNeighbours(embeddings: Embeddings, neighbourCount: number): { indices: number[]; similarities: number[] } {
  const indices: number[] = []
  const similarities: number[] = []
  for (let row = 0; row < embeddings.count; row++) {
    const all = Array.from({ length: embeddings.count }, (_, other) => ({
      other,
      similarity: dot(rowOf(embeddings, row), rowOf(embeddings, other)),
    }))
    all.sort(
      (left, right) =>
        Number(right.other === row) - Number(left.other === row) || right.similarity - left.similarity || left.other - right.other,
    )
    for (const { other, similarity } of all.slice(0, neighbourCount)) {
      indices.push(other)
      similarities.push(similarity)
    }
  }
  return { indices, similarities }
}

onEachBackend(() => {
  describe('neighbours', () => {
    it('are those of the loops, in one block or in many, for any count', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 60 }),
          fc.integer({ min: 1, max: 80 }),
          fc.constantFrom(1, 2000, 1e9),
          fc.integer({ min: 0, max: 1000 }),
          async (count, neighbourCount, memoryBytes, seed) => {
            const embeddings = noise(count, 7, seed)
            const found = await findNeighbours(embeddings, { neighbourCount, memoryBytes })
            const slow = slowNeighbours(embeddings, neighbourCount)
            expect(found.neighbourCount).toBe(Math.min(neighbourCount, count))
            expect(Array.from(found.indices)).toEqual(slow.indices)
            found.similarities.forEach((similarity, index) => {
              expect(similarity).toBeCloseTo(slow.similarities[index], 5)
            })
          },
        ),
        { numRuns: 25 },
      )
    })

    it('have the image itself first, also among more duplicates than neighbours', async () => {
      const embeddings = rowsOf(noise(2, 4, 1), [0, 0, 0, 0, 0, 1, 1])
      const { indices, similarities } = await findNeighbours(embeddings, { neighbourCount: 3, memoryBytes: small })
      for (let image = 0; image < 7; image++) {
        const own = indices.subarray(image * 3, image * 3 + 3)
        expect(own[0]).toBe(image)
        expect(new Set(own).size).toBe(3)
        expect(similarities[image * 3]).toBeCloseTo(1, 5)
      }
    })

    it('of one image are itself', async () => {
      expect(Array.from((await findNeighbours(noise(1, 4, 1), { neighbourCount: 100, memoryBytes: small })).indices)).toEqual([0])
    })

    it('tell their progress, let messages in, stop when asked, and leave no tensor', async () => {
      const before = tf.memory().numTensors
      const told: number[] = []
      const stop = new AbortController()
      setImmediate(() => setImmediate(() => stop.abort()))
      const work = findNeighbours(
        noise(50, 4, 1),
        { neighbourCount: 5, memoryBytes: 1 },
        { onProgress: (ratio) => told.push(ratio), signal: stop.signal },
      )
      await expect(work).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(told.length).toBeLessThan(50)
      expect(told[0]).toBeCloseTo(1 / 50)
      expect(tf.memory().numTensors).toBe(before)
      await findNeighbours(noise(50, 4, 1), { neighbourCount: 5, memoryBytes: small })
      expect(tf.memory().numTensors).toBe(before)
    })

    it('refuse values that are not numbers', async () => {
      await expect(
        findNeighbours({ values: Float32Array.of(1, Number.NaN), count: 2, dimension: 1 }, { neighbourCount: 1, memoryBytes: small }),
      ).rejects.toMatchObject({
        code: 'BAD_INPUT',
      })
    })
  })
})
