import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type ExportRow, splitNames } from '#engine/exporting/export-row.ts'
import { assignSplits } from '#engine/exporting/split.ts'
import { makeRow } from './dataset-fixture.ts'

const ratios = { train: 0.7, val: 0.2, test: 0.1 }
const group = fc.option(fc.integer({ min: -1, max: 12 }), { nil: null })
const rowsArbitrary = fc
  .array(fc.record({ className: fc.constantFrom('猫', 'dog', 'egg'), exactGroup: group, nearGroup: group }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((list) => list.map((rest, index) => makeRow(index, undefined, rest)))

const split = (rows: readonly ExportRow[], seed: number) =>
  assignSplits(
    rows,
    rows.map((row) => row.className ?? ''),
    ratios,
    seed,
  )

it('keeps duplicates on one side', () => {
  fc.assert(
    fc.property(rowsArbitrary, fc.integer(), (rows, seed) => {
      const sides = split(rows, seed)
      for (const key of ['exactGroup', 'nearGroup'] as const)
        for (const [value, indices] of Map.groupBy(rows.keys(), (index) => rows[index]?.[key]))
          if (value !== null && value !== -1) expect(new Set(indices.map((index) => sides[index])).size).toBe(1)
    }),
  )
})

it('does not depend on the order of the rows', () => {
  fc.assert(
    fc.property(rowsArbitrary, fc.integer(), (rows, seed) => {
      expect(split(rows.toReversed(), seed)).toEqual(split(rows, seed).toReversed())
    }),
  )
})

it('gives every side its share of every class, to within one group', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 40 }), fc.integer(), (sizes, seed) => {
      const rows = sizes.flatMap((size, exactGroup) =>
        Array.from({ length: size }, (_, index) => makeRow(exactGroup * 10 + index, undefined, { exactGroup })),
      )
      const sides = split(rows, seed)
      for (const name of splitNames) {
        const count = sides.filter((side) => side === name).length
        expect(Math.abs(count - rows.length * ratios[name])).toBeLessThanOrEqual(Math.max(...sizes) + 1e-6)
      }
    }),
  )
})

it('changes with the seed, and refuses shares that do not sum to 1', () => {
  const rows = Array.from({ length: 100 }, (_, index) => makeRow(index))
  expect(split(rows, 1)).not.toEqual(split(rows, 2))
  expect(() =>
    assignSplits(
      rows,
      rows.map(() => 'cat'),
      { train: 0.5, val: 0.2, test: 0.2 },
      1,
    ),
  ).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
})
