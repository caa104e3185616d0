import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRandom } from '#engine/ml/random.ts'
import { panBy, toScreen } from '../../src-renderer/components/map/map-view.ts'
import { createPointIndex } from '../../src-renderer/components/map/point-index.ts'
import { chooseRepresentatives, nearestRow, nextRow } from '../../src-renderer/components/map/point-search.ts'

const random = createRandom(5)
const positions = Float32Array.from({ length: 2000 }, () => random.uniform() * 4 - 2)
const points = { positions, index: createPointIndex(positions), shown: Uint8Array.from({ length: 1000 }, (_, row) => Math.sign(row % 3)) }
const isShown = (row: number): boolean => row % 3 !== 0
const size = { widthPx: 800, heightPx: 600 }

test('the nearest shown point, or none within reach', () => {
  fc.assert(
    fc.property(fc.double({ min: -2.5, max: 2.5, noNaN: true }), fc.double({ min: -2.5, max: 2.5, noNaN: true }), (x, y) => {
      const byDistance = Array.from({ length: 1000 }, (_, row) => row)
        .filter(isShown)
        .map((row) => ({ row, distance: Math.hypot(positions[2 * row] - x, positions[2 * row + 1] - y) }))
        .sort((one, other) => one.distance - other.distance)
      expect(nearestRow(points, x, y, 0.05)).toBe(byDistance[0].distance <= 0.05 ? byDistance[0].row : undefined)
      expect(nearestRow(points, x, y, Number.POSITIVE_INFINITY)).toBe(byDistance[0].row)
    }),
    { numRuns: 50, seed: 1 },
  )
})

test('a step leads in its direction, and a point at the edge has no next', () => {
  const cross = { positions: Float32Array.of(0, 0, 1, 0.2, 3, 0, -1, 0, 0, 1, 0.3, -2), shown: Uint8Array.of(1, 1, 1, 0, 1, 1) }
  expect(nextRow(cross, 0, 1, 0)).toBe(1)
  expect(nextRow(cross, 0, 0, 1)).toBe(4)
  expect(nextRow(cross, 0, 0, -1)).toBe(5)
  expect(nextRow(cross, 0, -1, 0)).toBeUndefined()
  expect(nextRow(cross, 1, 1, 0)).toBe(2)
})

test('pictures keep their distance, are of shown points in sight, and stay when the view moves', () => {
  const view = { x: 0.1, y: -0.2, scale: 420 }
  const { rows, isCrowded } = chooseRepresentatives(points, view, size, 76, 56, 1000)
  expect(rows.length).toBeGreaterThan(20)
  expect(rows.every(isShown)).toBe(true)
  expect(isCrowded).toBe(false)
  const places = rows.map((row) => toScreen(view, size, positions[2 * row], positions[2 * row + 1]))
  for (const [one, [x, y]] of places.entries())
    for (const [otherX, otherY] of places.slice(one + 1))
      expect(Math.max(Math.abs(x - otherX), Math.abs(y - otherY))).toBeGreaterThan(0.8 * 56)
  const moved = chooseRepresentatives(points, panBy(view, 40, 25), size, 76, 56, 1000)
  const isWellInside = (row: number): boolean => {
    const [x, y] = toScreen(view, size, positions[2 * row], positions[2 * row + 1])
    return x > 120 && x < 640 && y > 120 && y < 440
  }
  const before = rows.filter(isWellInside)
  const stayed = before.filter((row) => moved.rows.includes(row))
  expect(stayed.length / before.length).toBeGreaterThan(0.9)
})

test('where more are in sight than pictures are of use for, there are none', () => {
  const whole = { x: 0, y: 0, scale: 100 }
  expect(chooseRepresentatives(points, whole, size, 76, 56, 665)).toEqual({ rows: [], isCrowded: true })
  expect(chooseRepresentatives(points, whole, size, 76, 56, 666).isCrowded).toBe(false)
})

test('the index gives every row of a part of the plane, each once, and stops when told to', () => {
  const anywhere = fc.double({ min: -3, max: 3, noNaN: true })
  fc.assert(
    fc.property(anywhere, anywhere, anywhere, anywhere, (one, other, third, fourth) => {
      const bounds = {
        left: Math.min(one, other),
        right: Math.max(one, other),
        top: Math.min(third, fourth),
        bottom: Math.max(third, fourth),
      }
      const given: number[] = []
      points.index.eachNear(bounds, (row) => given.push(row) === 0)
      expect(new Set(given).size).toBe(given.length)
      const within = Array.from({ length: 1000 }, (_, row) => row).filter(
        (row) =>
          positions[2 * row] >= bounds.left &&
          positions[2 * row] <= bounds.right &&
          positions[2 * row + 1] >= bounds.top &&
          positions[2 * row + 1] <= bounds.bottom,
      )
      expect(within.filter((row) => !given.includes(row))).toEqual([])
    }),
    { numRuns: 50, seed: 3 },
  )
  let visits = 0
  points.index.eachNear({ left: -9, right: 9, top: -9, bottom: 9 }, () => ++visits === 3)
  expect(visits).toBe(3)
  const same = createPointIndex(Float32Array.of(1, 1, 1, 1))
  const rows: number[] = []
  same.eachNear({ left: 0, right: 2, top: 0, bottom: 2 }, (row) => rows.push(row) === 0)
  expect(rows).toEqual([0, 1])
  createPointIndex(new Float32Array()).eachNear({ left: 0, right: 1, top: 0, bottom: 1 }, () => expect.fail('there are no points'))
})
