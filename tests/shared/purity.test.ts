import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { estimatePurity, looksToReach, type PuritySample } from '#shared/purity.ts'

const z = 1.959963984540054
const endless = 1e15

/** The shares that a score test of 5 % does not reject, found by walking: the definition of the interval, not its solution. */
function slowInterval({ right, looked, imageCount }: PuritySample): [number, number] {
  const share = right / looked
  const rejects = (truth: number): boolean =>
    (share - truth) ** 2 > (z ** 2 * truth * (1 - truth) * (imageCount - looked)) / (looked * (imageCount - 1))
  const edge = (from: number): number => {
    let [kept, lost] = [share, from]
    for (let turn = 0; turn < 60; turn++) {
      const middle = (kept + lost) / 2
      if (rejects(middle)) lost = middle
      else kept = middle
    }
    return kept
  }
  return [edge(0), edge(1)]
}

/** Looks one by one, until the bound is there. */
function slowLooks(sample: PuritySample, target: number): number | null {
  const share = sample.looked === 0 ? 1 : sample.right / sample.looked
  for (let more = 0; sample.looked + more <= sample.imageCount; more++) {
    const looked = sample.looked + more
    if (looked > 0 && estimatePurity({ ...sample, looked, right: share * looked }).lower >= target - 1e-12) return more
  }
  return null
}

const samples = fc
  .record({
    imageCount: fc.integer({ min: 2, max: 400 }),
    looked: fc.double({ min: 0, max: 1, noNaN: true }),
    right: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ imageCount, looked, right }) => {
    const n = Math.max(1, Math.round(looked * imageCount))
    return { imageCount, looked: n, right: Math.round(right * n) }
  })

describe('the purity of a class', () => {
  test.each([
    // Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I, method 3.
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%i of %i is what is printed for Wilson', (right, looked, lower, upper) => {
    const found = estimatePurity({ right, looked, imageCount: endless })
    expect(found.purity).toBe(right / looked)
    expect([found.lower, found.upper].map((bound) => Number(bound.toFixed(4)))).toEqual([lower, upper])
  })

  test('all right: the bound is n / (n + z²), and 73 looks prove 95 %', () => {
    for (const looked of [1, 30, 73, 1000])
      expect(estimatePurity({ right: looked, looked, imageCount: endless }).lower).toBeCloseTo(looked / (looked + z ** 2), 12)
    expect(looksToReach({ right: 0, looked: 0, imageCount: endless }, 0.95)).toBe(73)
  })

  test('is the set of shares that the score test keeps', () => {
    fc.assert(
      fc.property(samples, (sample) => {
        const { lower, upper } = estimatePurity(sample)
        const [slowLower, slowUpper] = slowInterval(sample)
        expect(lower).toBeCloseTo(slowLower, 9)
        expect(upper).toBeCloseTo(slowUpper, 9)
      }),
    )
  })

  test('wrong ones are the mirror of right ones, and nothing is known before the first look', () => {
    fc.assert(
      fc.property(samples, (sample) => {
        const one = estimatePurity(sample)
        const other = estimatePurity({ ...sample, right: sample.looked - sample.right })
        expect(one.lower).toBeCloseTo(1 - other.upper, 12)
        expect(one.upper).toBeCloseTo(1 - other.lower, 12)
      }),
    )
    expect(estimatePurity({ right: 0, looked: 0, imageCount: 9 })).toEqual({ purity: null, lower: 0, upper: 1 })
  })

  test('is exact when every image was looked at', () => {
    expect(estimatePurity({ right: 19, looked: 20, imageCount: 20 })).toEqual({ purity: 0.95, lower: 0.95, upper: 0.95 })
    expect(estimatePurity({ right: 1, looked: 1, imageCount: 1 })).toEqual({ purity: 1, lower: 1, upper: 1 })
  })

  test('the interval holds the truth in about 95 of 100 samples without replacement, counted over all of them', () => {
    const [imageCount, looked] = [200, 60]
    const logFactorial = (count: number): number =>
      Array.from({ length: count }, (_, index) => Math.log(index + 1)).reduce((a, b) => a + b, 0)
    const logChoose = (of: number, count: number): number => logFactorial(of) - logFactorial(count) - logFactorial(of - count)
    const coverages = [100, 120, 140, 160, 170, 180, 190].map((rightInClass) => {
      let coverage = 0
      for (let right = Math.max(0, looked + rightInClass - imageCount); right <= Math.min(looked, rightInClass); right++) {
        const { lower, upper } = estimatePurity({ right, looked, imageCount })
        const chance = Math.exp(
          logChoose(rightInClass, right) + logChoose(imageCount - rightInClass, looked - right) - logChoose(imageCount, looked),
        )
        if (lower <= rightInClass / imageCount && rightInClass / imageCount <= upper) coverage += chance
      }
      return coverage
    })
    expect(Math.min(...coverages)).toBeGreaterThan(0.92)
    expect(coverages.reduce((sum, coverage) => sum + coverage) / coverages.length).toBeGreaterThan(0.94)
    expect(coverages.reduce((sum, coverage) => sum + coverage) / coverages.length).toBeLessThan(0.98)
  })
})

test('how many more looks are needed is what counting up gives', () => {
  fc.assert(
    fc.property(samples, fc.constantFrom(0.5, 0.8, 0.9, 0.95, 0.99), (sample, target) => {
      expect(looksToReach(sample, target)).toBe(slowLooks(sample, target))
    }),
  )
  expect(looksToReach({ right: 8, looked: 10, imageCount: 10_000 }, 0.95)).toBeNull()
  expect(looksToReach({ right: 0, looked: 0, imageCount: 0 }, 0.95)).toBe(0)
  expect(looksToReach({ right: 19, looked: 19, imageCount: 20 }, 0.99)).toBe(1)
})
