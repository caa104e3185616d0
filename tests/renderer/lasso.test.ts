import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRandom } from '#engine/ml/random.ts'
import { rowsInside } from '../../src-renderer/components/map/lasso.ts'

/** How often the line goes around the point: the angle that it sweeps, in turns. */
function turnsAround(x: number, y: number, line: readonly number[]): number {
  let angle = 0
  for (let from = 0; from < line.length; from += 2) {
    const to = (from + 2) % line.length
    const [fromX, fromY] = [line[from] - x, line[from + 1] - y]
    const [toX, toY] = [line[to] - x, line[to + 1] - y]
    angle += Math.atan2(fromX * toY - fromY * toX, fromX * toX + fromY * toY)
  }
  return Math.round(angle / (2 * Math.PI))
}

function slowRowsInside(positions: Float32Array, line: readonly number[]): number[] {
  return Array.from({ length: positions.length / 2 }, (_, row) => row).filter(
    (row) => turnsAround(positions[2 * row], positions[2 * row + 1], line) !== 0,
  )
}

function scatter(count: number, seed: number): Float32Array {
  const random = createRandom(seed)
  return Float32Array.from({ length: 2 * count }, () => random.uniform() * 10 - 5)
}

test('finds what the angle around each point says, for any line, also one that crosses itself', () => {
  const positions = scatter(300, 1)
  const corner = fc.double({ min: -6, max: 6, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0.000_123_4)
  fc.assert(
    fc.property(fc.array(corner, { minLength: 6, maxLength: 60 }), (corners) => {
      const line = corners.slice(0, corners.length - (corners.length % 2))
      expect([...rowsInside(positions, line)]).toEqual(slowRowsInside(positions, line))
    }),
    { numRuns: 300, seed: 7 },
  )
})

test('encloses a circle of a thousand corners as the slow way does', () => {
  const positions = scatter(5000, 2)
  const line = Array.from({ length: 2000 }, (_, place) => {
    const angle = (Math.PI * (place & ~1)) / 1000
    return 3 * (place % 2 === 0 ? Math.cos(angle) : Math.sin(angle))
  })
  const found = [...rowsInside(positions, line)]
  expect(found).toEqual(slowRowsInside(positions, line))
  expect(found.every((row) => Math.hypot(positions[2 * row], positions[2 * row + 1]) < 3)).toBe(true)
})

test('where a line goes around twice is inside, and between two loops of an eight too', () => {
  const twice = [-2, -2, 2, -2, 2, 2, -2, 2, -1, -1, 1, -1, 1, 1, -1, 1]
  expect([...rowsInside(Float32Array.of(0, 0, 1.5, 0, 3, 0), twice)]).toEqual([0, 1])
  const eight = [-2, -1, 2, 1, 2, -1, -2, 1]
  expect([...rowsInside(Float32Array.of(-1.5, 0, 1.5, 0, 0, 0.9), eight)]).toEqual([0, 1])
})

test('finds only rows that may be meant, and nothing in a line without an inside', () => {
  const positions = Float32Array.of(0, 0, 0.1, 0.1, Number.NaN, 0)
  const square = [-1, -1, 1, -1, 1, 1, -1, 1]
  expect([...rowsInside(positions, square)]).toEqual([0, 1])
  expect([...rowsInside(positions, square, Uint8Array.of(0, 1, 1))]).toEqual([1])
  for (const line of [[], [0, 0], [-1, 0, 1, 0], [-1, 0, 0, 0, 1, 0]]) expect([...rowsInside(positions, line)]).toEqual([])
})
