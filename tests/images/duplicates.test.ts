import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exactDuplicateGroups, nearDuplicateGroups } from '#engine/images/duplicates.ts'
import { hammingDistance } from '#engine/images/perceptual-hash.ts'

/** All pairs, then labels spread until nothing changes. */
function slowGroups(hashes: readonly (string | null)[], maxDistance: number): number[] {
  const groups = hashes.map((_, index) => index)
  for (let changed = true; changed; ) {
    changed = false
    for (let a = 0; a < hashes.length; a++)
      for (let b = 0; b < hashes.length; b++) {
        const [first, second] = [hashes[a]!, hashes[b]!]
        if (first === null || second === null || hammingDistance(first, second) > maxDistance || groups[a]! <= groups[b]!) continue
        groups[a] = groups[b]!
        changed = true
      }
  }
  return groups.map((group) => (groups.filter((other) => other === group).length > 1 ? group : -1))
}

const flipBits = (hash: bigint, bits: readonly number[]) => bits.reduce((value, bit) => value ^ (1n << BigInt(bit)), hash)

test('near groups equal those of all pairs, for every distance', () => {
  const bits = fc.array(fc.integer({ min: 0, max: 63 }), { maxLength: 12 })
  const base = fc.constantFrom(0n, 0xf0f0f0f0f0f0f0f0n, 0xffffffffffffffffn)
  const hash = fc.option(
    fc.tuple(base, bits).map(([value, flips]) => flipBits(value, flips).toString(16).padStart(16, '0')),
    { freq: 8 },
  )
  fc.assert(
    fc.property(fc.array(hash, { maxLength: 30 }), fc.integer({ min: 0, max: 11 }), (hashes, maxDistance) => {
      expect([...nearDuplicateGroups(hashes, maxDistance)]).toEqual(slowGroups(hashes, maxDistance))
    }),
    { numRuns: 150 },
  )
})

test('exact groups by content; what has no hash is in none', () => {
  expect([...exactDuplicateGroups(['a', 'b', null, 'a', null, 'c', 'b', 'a'])]).toEqual([0, 1, -1, 0, -1, -1, 1, 0])
  expect([...exactDuplicateGroups([])]).toEqual([])
})
