import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'

const mask = 0xffffffffn
const rotate = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (32n - by))) & mask

/** xoshiro128** in exact integers, as its authors write it, from four words of splitmix32. */
function slowWords(seed: number, count: number): bigint[] {
  let mixer = BigInt(seed) & mask
  const state = Array.from({ length: 4 }, () => {
    mixer = (mixer + 0x9e3779b9n) & mask
    let z = ((mixer ^ (mixer >> 16n)) * 0x21f0aaadn) & mask
    z = ((z ^ (z >> 15n)) * 0x735a2d97n) & mask
    return z ^ (z >> 15n)
  }) as [bigint, bigint, bigint, bigint]
  return Array.from({ length: count }, () => {
    const result = (rotate((state[1] * 5n) & mask, 7n) * 9n) & mask
    const shifted = (state[1] << 9n) & mask
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= shifted
    state[3] = rotate(state[3], 11n)
    return result
  })
}

describe('the generator', () => {
  it('is xoshiro128**, two words a number', () => {
    for (const seed of [0, 1, 7, 123_456_789, 0xffffffff]) {
      const words = slowWords(seed, 200)
      const random = createRandom(seed)
      const expected = Array.from({ length: 100 }, (_, at) => Number((words[2 * at]! << 21n) | (words[2 * at + 1]! >> 11n)) / 2 ** 53)
      expect(Array.from({ length: 100 }, random.uniform)).toEqual(expected)
    }
  })

  it('is uniform in [0, 1), and standard normal', () => {
    const count = 40_000
    const random = createRandom(5)
    const bins = new Int32Array(20)
    for (let draw = 0; draw < count; draw++) bins[Math.floor(random.uniform() * 20)]!++
    // Each bin is binomial: 2,000 with a deviation of 44; 5 of them.
    expect(Math.max(...bins.map((bin) => Math.abs(bin - count / 20)))).toBeLessThan(220)
    const normals = Array.from({ length: count }, random.normal)
    const moment = (power: number) => normals.reduce((sum, value) => sum + value ** power, 0) / count
    // Five deviations of the mean of each power: 1/200, sqrt(2)/200, sqrt(15)/200, sqrt(96)/200.
    const bounds = [0.025, 0.036, 0.097, 0.245]
    const distances = [0, 1, 0, 3].map((expected, at) => Math.abs(moment(at + 1) - expected))
    expect(distances.map((distance, at) => distance < bounds[at]!)).toEqual([true, true, true, true])
  })

  it('gives whole numbers below a bound, and every order of a few alike', () => {
    const random = createRandom(9)
    const integers = Array.from({ length: 500 }, () => random.integer(3))
    expect([...new Set(integers)].sort()).toEqual([0, 1, 2])
    const orders = new Map<string, number>()
    for (let draw = 0; draw < 6000; draw++) {
      const order = random.shuffled(3).join('')
      orders.set(order, (orders.get(order) ?? 0) + 1)
    }
    // 1,000 each with a deviation of 29; 5 of them.
    expect([...orders.keys()].sort()).toEqual(['012', '021', '102', '120', '201', '210'])
    for (const count of orders.values()) expect(Math.abs(count - 1000)).toBeLessThan(145)
    expect([...random.shuffled(0)]).toEqual([])
    expect([...random.shuffled(1000)].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index))
  })
})

describe('a derived seed', () => {
  const path = fc.array(fc.oneof(fc.string({ minLength: 1, maxLength: 6 }), fc.nat(10_000)), { minLength: 1, maxLength: 3 })

  it('is a whole number below 2^53, the same for the same seed and path', () => {
    fc.assert(
      fc.property(fc.nat(), path, (seed, parts) => {
        const derived = deriveSeed(seed, ...parts)
        expect(Number.isSafeInteger(derived) && derived >= 0).toBe(true)
        expect(deriveSeed(seed, ...parts)).toBe(derived)
      }),
    )
  })

  it('differs for neighbouring seeds, steps and names, and so do the numbers from it', () => {
    const seeds = new Set<number>()
    const first = new Set<number>()
    for (let seed = 0; seed < 10; seed++)
      for (const name of ['pretrain', 'self', 'semi', 'ab', 'ba'])
        for (let step = 0; step < 200; step++) {
          const derived = deriveSeed(seed, name, step)
          seeds.add(derived)
          first.add(createRandom(derived).uniform())
        }
    expect([seeds.size, first.size]).toEqual([10_000, 10_000])
  })
})
