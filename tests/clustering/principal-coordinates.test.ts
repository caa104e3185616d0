import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { toPrincipalCoordinates } from '#engine/clustering/principal-coordinates.ts'
import { createRandom } from '#engine/ml/random.ts'
import { dot, noise, rowOf } from './synthetic.ts'

function squaredDistances(points: Embeddings): number[] {
  const rows = Array.from({ length: points.count }, (_, row) => rowOf(points, row))
  return rows.flatMap((left, row) => rows.slice(row + 1).map((right) => dot(left, left) + dot(right, right) - 2 * dot(left, right)))
}

function columnOf({ values, count, dimension }: Embeddings, column: number): number[] {
  return Array.from({ length: count }, (_, row) => values[row * dimension + column])
}

/** Normal rows with the given spread along each axis, turned by nothing and moved away from the origin. */
function stretched(count: number, spreads: readonly number[], seed: number): Embeddings {
  const random = createRandom(seed)
  const dimension = spreads.length
  return {
    values: Float32Array.from({ length: count * dimension }, (_, place) => 5 + spreads[place % dimension] * random.normal()),
    count,
    dimension,
  }
}

describe('principal coordinates', () => {
  it('keep all distances where there are as many axes as dimensions', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 20 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: 9999 }),
        (count, dimension, seed) => {
          const points = noise(count, dimension, seed)
          const coordinates = toPrincipalCoordinates(points, 24, seed)
          expect(coordinates).toMatchObject({ count, dimension })
          const before = squaredDistances(points)
          squaredDistances(coordinates).forEach((distance, pair) => {
            expect(distance).toBeCloseTo(before[pair], 5)
          })
        },
      ),
      { numRuns: 40 },
    )
  })

  it('are centred, uncorrelated and in order of falling variance: the axes of greatest spread', () => {
    const points = stretched(300, [1, 20, 1, 5, 1, 1, 10, 1], 3)
    const coordinates = toPrincipalCoordinates(points, 3, 1)
    const columns = [0, 1, 2].map((column) => columnOf(coordinates, column))
    columns.forEach((column, axis) => {
      expect(column.reduce((sum, value) => sum + value, 0) / 300).toBeCloseTo(0, 4)
      expect(Math.sqrt(dot(column, column) / 300) / [20, 10, 5][axis]).toBeGreaterThan(0.9)
      expect(Math.sqrt(dot(column, column) / 300) / [20, 10, 5][axis]).toBeLessThan(1.1)
    })
    for (const [left, right] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ])
      expect(
        Math.abs(dot(columns[left], columns[right])) / Math.sqrt(dot(columns[left], columns[left]) * dot(columns[right], columns[right])),
      ).toBeLessThan(1e-5)
  })

  it('of long rows keep distances within a fifth', () => {
    const spreads = Array.from({ length: 3072 }, (_, column) => (column < 6 ? 10 : 0.01))
    const points = stretched(30, spreads, 4)
    const before = squaredDistances(points)
    squaredDistances(toPrincipalCoordinates(points, 24, 1)).forEach((distance, pair) => {
      expect(Math.abs(distance / before[pair] - 1)).toBeLessThan(0.2)
    })
  })

  it('are the same for the same seed, and zero for equal rows', () => {
    const points = noise(20, 600, 1)
    expect(toPrincipalCoordinates(points, 8, 3)).toEqual(toPrincipalCoordinates(points, 8, 3))
    const equal = { values: new Float32Array(40).fill(0.25), count: 4, dimension: 10 }
    expect(toPrincipalCoordinates(equal, 3, 1).values.every((value) => value === 0)).toBe(true)
  })
})
