import { expect, it } from 'vitest'
import { type RankedRow, rankRows } from '#engine/database/rank-rows.ts'

const rows: RankedRow[] = [
  [5, 0, 0.5],
  [1, 1, 0.9],
  [4, 0, 0.5],
  [2, 0, 0.75],
  [3, 2, 0.1],
  [6, 1, null],
]
const ids = (...order: Parameters<typeof rankRows>): number[] => [...rankRows(...order).ids]

it('orders by band, then surest first, then by id, and the other way round', () => {
  expect(ids(rows, 'typical', false)).toEqual([2, 4, 5, 6, 1, 3])
  expect([...rankRows(rows, 'typical', false).bands]).toEqual([0, 0, 0, 1, 1, 2])
  expect(ids(rows, 'typical', true)).toEqual([3, 1, 6, 5, 4, 2])
})

it('orders least sure first, those without a confidence last', () => {
  expect(ids(rows, 'uncertain', false)).toEqual([3, 4, 5, 2, 1, 6])
})
