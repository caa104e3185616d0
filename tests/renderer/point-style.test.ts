import { expect, test } from 'vitest'
import { createRandom } from '#engine/ml/random.ts'
import { boundsOf } from '../../src-renderer/components/map/map-view.ts'
import { pointStyle, spacingOf } from '../../src-renderer/components/map/point-style.ts'

const random = createRandom(4)
const scatter = (count: number, spread: number): Float32Array => Float32Array.from({ length: 2 * count }, () => spread * random.uniform())

test('spacing is the side of the square that each point has to itself', () => {
  for (const count of [400, 10_000, 200_000]) {
    const positions = scatter(count, 10)
    expect(spacingOf(positions, boundsOf(positions)!) / (10 / Math.sqrt(count))).toBeCloseTo(1, 0)
  }
})

test('empty parts of the plane do not count', () => {
  const heap = scatter(10_000, 1)
  const withIsland = Float32Array.of(...heap, 5, 5)
  const alone = spacingOf(heap, boundsOf(heap)!)
  expect(spacingOf(withIsland, boundsOf(withIsland)!)).toBeLessThan(2 * alone)
  expect(spacingOf(Float32Array.of(3, 3), { left: 3, right: 3, top: 3, bottom: 3 })).toBeGreaterThanOrEqual(0)
})

test('points grow with the room they have, within bounds, and step back where some are selected', () => {
  const sizes = [0.1, 1, 5, 10, 100].map((spacingPx) => pointStyle(spacingPx, [0, 0, 0], false).sizePx)
  expect(sizes).toEqual(sizes.toSorted((one, other) => one - other))
  expect([sizes[0], sizes.at(-1)]).toEqual([1.6, 12])
  const [alone, among] = [false, true].map((hasSelection) => pointStyle(0.4, [0, 0, 0], hasSelection))
  expect(among!.alpha).toBeLessThan(among!.selectedAlpha)
  expect(alone!.alpha).toBeGreaterThan(0.1)
})
