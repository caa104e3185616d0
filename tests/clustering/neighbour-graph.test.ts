import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rowsOf } from '#engine/clustering/embeddings.ts'
import { toNeighbourGraph } from '#engine/clustering/neighbour-graph.ts'
import { findNeighbours, type Neighbours } from '#engine/clustering/neighbours.ts'
import { onEachBackend } from './each-backend.ts'
import { noise } from './synthetic.ts'

/** From the paper: the weights that each image sees, in a full table, joined as a + b - ab. */
function slowGraph({ count, neighbourCount, indices, similarities }: Neighbours): number[][] {
  const seen = Array.from({ length: count }, () => new Array<number>(count).fill(0))
  for (let row = 0; row < count; row++) {
    const places = Array.from({ length: neighbourCount - 1 }, (_, place) => row * neighbourCount + 1 + place)
    const distances = places.map((place) => Math.max(0, 1 - similarities[place]))
    const nearest = Math.min(...distances.filter((distance) => distance > 0))
    const weightsAt = (width: number) => distances.map((distance) => Math.exp(-Math.max(0, distance - nearest) / width))
    // The sum grows with the width: the smallest of many widths that reaches the total.
    let [low, high] = [1e-9, 1e9]
    for (let round = 0; round < 200; round++) {
      const width = Math.sqrt(low * high)
      if (weightsAt(width).reduce((sum, weight) => sum + weight, 0) < Math.log2(neighbourCount)) low = width
      else high = width
    }
    weightsAt(Math.sqrt(low * high)).forEach((weight, place) => {
      seen[row][indices[places[place]]] = weight
    })
  }
  return seen.map((of, row) => of.map((weight, other) => weight + seen[other][row] - weight * seen[other][row]))
}

onEachBackend(() => {
  describe('neighbour graph', () => {
    it('is that of the loops', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 8, max: 40 }),
          fc.integer({ min: 5, max: 8 }),
          fc.integer({ min: 0, max: 99 }),
          async (count, k, seed) => {
            const neighbours = await findNeighbours(noise(count, 6, seed), { neighbourCount: k, memoryBytes: 1e6 })
            const { starts, others, weights } = toNeighbourGraph(neighbours)
            const table = Array.from({ length: count }, () => new Array<number>(count).fill(0))
            for (let row = 0; row < count; row++)
              for (let edge = starts[row]; edge < starts[row + 1]; edge++) table[row][others[edge]] = weights[edge]
            slowGraph(neighbours).forEach((wanted, row) => {
              wanted.forEach((weight, other) => {
                expect(table[row][other]).toBeCloseTo(weight, 3)
              })
            })
          },
        ),
        { numRuns: 20 },
      )
    })

    it('has no edge for one image, one for two, and full weight between duplicates', async () => {
      const graphOf = async (rows: number[]) =>
        toNeighbourGraph(await findNeighbours(rowsOf(noise(2, 4, 1), rows), { neighbourCount: 3, memoryBytes: 1e6 }))
      expect(await graphOf([0])).toEqual({ count: 1, starts: Int32Array.of(0, 0), others: new Int32Array(), weights: new Float32Array() })
      expect(await graphOf([0, 1])).toEqual({
        count: 2,
        starts: Int32Array.of(0, 1, 2),
        others: Int32Array.of(1, 0),
        weights: Float32Array.of(1, 1),
      })
      const { weights } = await graphOf([0, 0, 0, 0, 0])
      expect([...new Set(weights)]).toEqual([1])
    })
  })
})
