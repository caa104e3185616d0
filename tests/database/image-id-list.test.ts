import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packImageIds, unpackImageIds } from '#engine/database/image-id-list.ts'
import type { ImageId } from '#shared/entities.ts'

const largest = 2 ** 52 - 1
const toIds = (numbers: readonly number[]): ImageId[] => numbers as ImageId[]

test('any list of ids is the same after packing, in its order, repeats too', () => {
  const id = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: largest }))
  fc.assert(
    fc.property(fc.array(id, { maxLength: 200 }), (ids) => {
      expect(unpackImageIds(packImageIds(toIds(ids)))).toEqual(ids)
    }),
    { examples: [[[]], [[1]], [[largest, 1, largest]], [[5, 5, 6, 4, 3]]] },
  )
})

test('consecutive ids take a few bytes, however many; scattered ones two or so each', () => {
  const run = Array.from({ length: 100_000 }, (_, index) => 7 + index)
  expect(packImageIds(toIds(run)).length).toBe(4)
  const scattered = Array.from({ length: 1000 }, (_, index) => 1 + 17 * index)
  expect(packImageIds(toIds(scattered)).length).toBe(2000)
  // Steps of 17 need one byte, lengths of 1 another; a step of 64 or more needs two.
  expect(packImageIds(toIds([1, 200])).length).toBe(5)
})
