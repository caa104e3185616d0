/** A seeded source of chance. All randomness of a run comes from one of these. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number
  /** Standard normal (Box-Muller). */
  normal(): number
  /** Uniform whole number in [0, below). */
  integer(below: number): number
  /** The numbers 0 to count - 1 in random order (Fisher-Yates). */
  shuffled(count: number): Int32Array
}

/**
 * A generator that gives the same numbers for the same seed on every platform.
 *
 * @param seed Any finite number; its 53-bit integer part counts.
 * @source xoshiro128** 1.1, Blackman & Vigna 2018, seeded through splitmix32.
 */
export function createRandom(seed: number): Random {
  let mixer = fold(seed)
  const nextSeed = (): number => {
    mixer = (mixer + 0x9e3779b9) | 0
    let z = mixer ^ (mixer >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  let a = nextSeed()
  let b = nextSeed()
  let c = nextSeed()
  let d = nextSeed()
  const next = (): number => {
    const scaled = Math.imul(b, 5)
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result
  }
  const uniform = (): number => (next() * 0x200000 + (next() >>> 11)) / 0x20000000000000
  let spare: number | undefined
  return {
    uniform,
    integer: (below) => Math.floor(uniform() * below),
    normal() {
      if (spare !== undefined) {
        const value = spare
        spare = undefined
        return value
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()))
      const angle = 2 * Math.PI * uniform()
      spare = radius * Math.sin(angle)
      return radius * Math.cos(angle)
    },
    shuffled(count) {
      const order = Int32Array.from({ length: count }, (_, index) => index)
      for (let last = count - 1; last > 0; last--) {
        const other = Math.floor(uniform() * (last + 1))
        const kept = order[last]!
        order[last] = order[other]!
        order[other] = kept
      }
      return order
    },
  }
}

/**
 * A seed for one use within a run: `deriveSeed(seed, 'pretrain', step)`. Different paths give independent streams,
 * so that a step's randomness depends on the seed and the step alone and never on what was drawn before.
 *
 * @returns A whole number in [0, 2^53).
 * @source FNV-1a over the path, folded into two 32-bit lanes.
 */
export function deriveSeed(seed: number, ...path: readonly (string | number)[]): number {
  let low = fold(seed) ^ 0x811c9dc5
  let high = fold(seed / 3) ^ 0x01000193
  for (const part of path.join('/')) {
    const code = part.codePointAt(0)!
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ (code + 0x9e37), 0x85ebca6b)
    high ^= high >>> 13
  }
  return ((high >>> 0) & 0x1fffff) * 0x100000000 + (low >>> 0)
}

function fold(seed: number): number {
  const whole = Math.floor(Math.abs(seed))
  return ((whole % 0x100000000) ^ Math.imul(Math.floor(whole / 0x100000000), 0x85ebca6b)) | 0
}
