import fc from 'fast-check'
import { expect, test } from 'vitest'
import { boundsOf, fitView, panBy, seenBounds, toPlane, toScreen, zoomAt } from '../../src-renderer/components/map/map-view.ts'

const size = { widthPx: 800, heightPx: 600 }
const finite = (least: number, most: number) => fc.double({ min: least, max: most, noNaN: true })
const anyView = fc.record({ x: finite(-5, 5), y: finite(-5, 5), scale: finite(10, 1000) })

test('screen and plane are inverses', () => {
  fc.assert(
    fc.property(anyView, finite(0, 800), finite(0, 600), (view, x, y) => {
      const [screenX, screenY] = toScreen(view, size, ...toPlane(view, size, x, y))
      expect([screenX, screenY]).toEqual([expect.closeTo(x, 6), expect.closeTo(y, 6)])
    }),
  )
})

test('everything fits with its margin, and touches it on one axis', () => {
  fc.assert(
    fc.property(fc.array(finite(-100, 100), { minLength: 4, maxLength: 40 }), (values) => {
      const positions = Float32Array.from(values.slice(0, values.length & ~1))
      const bounds = boundsOf(positions)!
      fc.pre(bounds.right - bounds.left > 0.01 && bounds.bottom - bounds.top > 0.01)
      const view = fitView(bounds, size, 50)
      const places = Array.from({ length: positions.length / 2 }, (_, row) =>
        toScreen(view, size, positions[2 * row], positions[2 * row + 1]),
      )
      const reach = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)]
      const [left, right] = reach(places.map(([x]) => x))
      const [top, bottom] = reach(places.map(([, y]) => y))
      expect(Math.min(left - 50, 750 - right, top - 50, 550 - bottom)).toBeCloseTo(0, 4)
      expect([left + right, top + bottom]).toEqual([expect.closeTo(800, 4), expect.closeTo(600, 4)])
    }),
  )
})

test('one point, and points at one place, lie in the middle; none have no bounds', () => {
  const bounds = boundsOf(Float32Array.of(3, 4, 3, 4))!
  const view = fitView(bounds, size, 50)
  expect(toScreen(view, size, 3, 4)).toEqual([400, 300])
  expect(view.scale).toBe(1)
  expect(boundsOf(new Float32Array())).toBeUndefined()
  expect(boundsOf(Float32Array.of(0, 0, 2, 1), Uint8Array.of(0, 1))).toEqual({ left: 2, right: 2, top: 1, bottom: 1 })
})

test('a margin leaves at least half of a small window', () => {
  const view = fitView({ left: -1, right: 1, top: -1, bottom: 1 }, { widthPx: 90, heightPx: 90 }, 56)
  expect(view.scale).toBe(22.5)
})

test('zooming keeps what is under the pointer, within bounds', () => {
  fc.assert(
    fc.property(anyView, finite(0.1, 10), finite(0, 800), finite(0, 600), (view, factor, x, y) => {
      const before = toPlane(view, size, x, y)
      const after = zoomAt(view, size, factor, [x, y], [50, 5000])
      expect(toPlane(after, size, x, y)).toEqual(before.map((value) => expect.closeTo(value, 8)))
      expect(after.scale).toBeCloseTo(Math.min(5000, Math.max(50, view.scale * factor)), 6)
    }),
  )
})

test('panning moves the plane with the pointer', () => {
  const view = { x: 1, y: 2, scale: 50 }
  const [x, y] = toScreen(panBy(view, 30, -20), size, 1, 2)
  expect([x, y]).toEqual([430, 280])
  expect(seenBounds(view, size)).toEqual({ left: -7, right: 9, top: -4, bottom: 8 })
  expect(seenBounds(view, size, 50)).toEqual({ left: -8, right: 10, top: -5, bottom: 9 })
})
