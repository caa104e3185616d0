import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bounds, restoreBounds, smallestSize } from '#main/desktop/window-bounds.ts'

const primary: Bounds = { x: 0, y: 25, width: 1920, height: 1055 }
const left: Bounds = { x: -1280, y: 0, width: 1280, height: 1024 }

describe('restoreBounds', () => {
  it('keeps a window that is in sight', () => {
    const last = { x: -1200, y: 40, width: 1000, height: 700 }
    expect(restoreBounds(last, [primary, left])).toEqual(last)
  })

  it('opens in the middle of the primary screen when there is no last place, or its screen is gone', () => {
    const middle = { x: 280, y: 123, width: 1360, height: 860 }
    expect(restoreBounds(undefined, [primary, left])).toEqual(middle)
    expect(restoreBounds({ x: -1200, y: 40, width: 1000, height: 700 }, [primary])).toEqual(middle)
  })

  it('brings back what hangs out, and shrinks what is too large', () => {
    expect(restoreBounds({ x: 1500, y: -400, width: 1000, height: 700 }, [primary])).toEqual({ x: 920, y: 25, width: 1000, height: 700 })
    expect(restoreBounds({ x: 0, y: 0, width: 9000, height: 9000 }, [primary])).toEqual(primary)
  })

  it('always lies inside one screen', () => {
    const size = fc.integer({ min: 1, max: 5000 })
    const place = fc.integer({ min: -9000, max: 9000 })
    const last = fc.option(fc.record({ x: place, y: place, width: size, height: size }), { nil: undefined })
    const screen = fc.record({
      x: place,
      y: place,
      width: fc.integer({ min: 640, max: 5000 }),
      height: fc.integer({ min: 480, max: 3000 }),
    })
    fc.assert(
      fc.property(last, fc.array(screen, { minLength: 1, maxLength: 4 }), (bounds, screens) => {
        const { x, y, width, height } = restoreBounds(bounds, screens)
        const holder = screens.find((s) => x >= s.x && y >= s.y && x + width <= s.x + s.width && y + height <= s.y + s.height)
        expect(holder).toBeDefined()
        expect(width).toBeGreaterThanOrEqual(Math.min(smallestSize.width, holder!.width))
      }),
    )
  })
})
