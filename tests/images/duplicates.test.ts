import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exactDuplicateGroups, nearDuplicateGroups } from '#engine/images/duplicates.ts'
import { hammingDistance } from '#engine/images/perceptual-hash.ts'
import { createRandom } from '#engine/ml/random.ts'

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

test('near groups equal those of all pairs, for every distance', async () => {
  const bits = fc.array(fc.integer({ min: 0, max: 63 }), { maxLength: 12 })
  const base = fc.constantFrom(0n, 0xf0f0f0f0f0f0f0f0n, 0xffffffffffffffffn)
  const hash = fc.option(
    fc.tuple(base, bits).map(([value, flips]) => flipBits(value, flips).toString(16).padStart(16, '0')),
    { freq: 8 },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(hash, { maxLength: 30 }), fc.integer({ min: 0, max: 11 }), async (hashes, maxDistance) => {
      expect([...(await nearDuplicateGroups(hashes, { maxDistance }))]).toEqual(slowGroups(hashes, maxDistance))
    }),
    { numRuns: 150 },
  )
})

test('exact groups by content; what has no hash is in none', () => {
  expect([...exactDuplicateGroups(['a', 'b', null, 'a', null, 'c', 'b', 'a'])]).toEqual([0, 1, -1, 0, -1, -1, 1, 0])
  expect([...exactDuplicateGroups([])]).toEqual([])
})

/** Hashes of `count` images, mostly with zeros where `edges` has them (as of things before a white wall), some near another. */
function sampleHashes(count: number, edges: bigint, seed: number): string[] {
  const random = createRandom(seed)
  const hashes: bigint[] = []
  for (let index = 0; index < count; index++) {
    const isNear = index > 0 && random.uniform() < 0.3
    const bits = Array.from({ length: 64 }, (_, bit) => bit)
    const flips = isNear
      ? bits.filter(() => random.uniform() < 0.04)
      : bits.filter((bit) => ((edges >> BigInt(bit)) & 1n) === 0n && random.uniform() < 0.5)
    hashes.push(flipBits(isNear ? hashes[random.integer(index)]! : 0n, flips))
  }
  return hashes.map((hash) => hash.toString(16).padStart(16, '0'))
}

const wall = {
  nowhere: 0n,
  'at the edges': 0xffff8181818181ffn,
  'nearly everywhere': 0xffffc3c3ffffffffn,
  'everywhere but 5 bits': ~31n & 0xffffffffffffffffn,
}

test.each(Object.entries(wall))('near groups equal those of all pairs where many hashes agree: a white wall %s', async (_, edges) => {
  for (const maxDistance of [1, 3, 5]) {
    const hashes = sampleHashes(400, edges, maxDistance)
    expect([...(await nearDuplicateGroups(hashes, { maxDistance }))]).toEqual(slowGroups(hashes, maxDistance))
  }
})

test('10 times the products before a white wall are far less than 100 times the steps', async () => {
  const countPauses = async (count: number): Promise<number> => {
    let pauses = 0
    await nearDuplicateGroups(sampleHashes(count, wall['at the edges'], 3), { pause: async () => void pauses++ })
    return pauses
  }
  const [few, many] = [await countPauses(2000), await countPauses(20_000)]
  expect(few).toBeGreaterThan(0)
  expect(many / few).toBeLessThan(25)
})
