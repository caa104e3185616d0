import fc from 'fast-check'
import { expect, test } from 'vitest'
import { idsIn } from '../../src-renderer/components/map/selected-ids.ts'

test('gives each id whose bit is set, ascending', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 500 })), (ids) => {
      const bits = new Uint32Array(16)
      for (const id of ids) bits[id >>> 5] |= 1 << (id & 31)
      expect([...idsIn({ bits, count: ids.length })]).toEqual(ids.toSorted((one, other) => one - other))
    }),
  )
})
