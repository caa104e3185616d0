import fc from 'fast-check'
import { expect, test } from 'vitest'
import { colourOf } from '#shared/colours.ts'
import { contrastOf, type Rgb, toReadable } from '../../src-renderer/components/map/readable-colour.ts'

const light = { surface: [249, 248, 246], text: [18, 16, 12] } as const satisfies Record<string, Rgb>
const dark = { surface: [24, 22, 20], text: [230, 229, 227] } as const satisfies Record<string, Rgb>
const channel = fc.integer({ min: 0, max: 255 })

test('contrast is that of the published examples', () => {
  expect(contrastOf([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 10)
  expect(contrastOf([255, 255, 255], [119, 119, 119])).toBeCloseTo(4.48, 2)
  expect(contrastOf([0, 0, 255], [255, 255, 255])).toBeCloseTo(8.59, 2)
  expect(contrastOf([9, 9, 9], [9, 9, 9])).toBe(1)
})

test.each([light, dark])('any colour can be told from the background; one that could be stays as it is', ({ surface, text }) => {
  fc.assert(
    fc.property(fc.tuple(channel, channel, channel), (colour) => {
      const readable = toReadable(colour, surface, text)
      expect(contrastOf(readable, surface)).toBeGreaterThanOrEqual(1.7)
      if (contrastOf(colour, surface) >= 1.7) expect(readable).toEqual(colour)
    }),
  )
})

test('the first clusters stay different from each other in the dark', () => {
  const colours = Array.from({ length: 24 }, (_, index) => {
    const hex = colourOf(index + 1)
    return toReadable([1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb, dark.surface, dark.text)
  })
  expect(new Set(colours.map(String)).size).toBe(24)
})
