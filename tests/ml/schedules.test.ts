import { describe, expect, it } from 'vitest'
import { cosineByEpoch, cosineDecay, fixmatchCosine, linearWarmup } from '#engine/ml/schedules.ts'

describe('schedules', () => {
  it('half a cosine: 1, 1/2, 0, falling, mirrored about its middle', () => {
    expect([0, 1 / 3, 0.5, 2 / 3, 1].map(cosineDecay).map((value) => Number(value.toFixed(12)))).toEqual([1, 0.75, 0.5, 0.25, 0])
    for (let place = 1; place <= 100; place++) {
      expect(cosineDecay(place / 100)).toBeLessThan(cosineDecay((place - 1) / 100))
      expect(cosineDecay(place / 100) + cosineDecay(1 - place / 100)).toBeCloseTo(1, 12)
    }
  })

  it('by epoch: equals MoCo written as a loop over epochs and steps', () => {
    const [stepsPerEpoch, epochs] = [7, 5]
    let step = 0
    for (let epoch = 0; epoch < epochs; epoch++)
      for (let stepOfEpoch = 0; stepOfEpoch < stepsPerEpoch; stepOfEpoch++)
        expect(cosineByEpoch(step++, stepsPerEpoch, epochs)).toBe(0.5 * (1 + Math.cos((Math.PI * epoch) / epochs)))
    expect(step).toBe(35)
    expect(cosineByEpoch(0, 1, 1)).toBe(1)
  })

  it('FixMatch: cos(7/16 π t/T), from 1 to 0.195, falling and never 0', () => {
    for (let step = 0; step < 1000; step++) {
      expect(fixmatchCosine(step, 1000)).toBeCloseTo(Math.cos((7 * Math.PI * step) / 16_000), 12)
      expect(fixmatchCosine(step + 1, 1000)).toBeLessThan(fixmatchCosine(step, 1000))
    }
    expect(fixmatchCosine(1000, 1000)).toBeCloseTo(0.19509, 5)
  })

  it('warm-up: 1/n, 2/n, ..., 1, then 1; without steps always 1', () => {
    expect([0, 1, 2, 3, 4, 100].map((step) => linearWarmup(step, 4))).toEqual([0.25, 0.5, 0.75, 1, 1, 1])
    expect([0, 1].map((step) => linearWarmup(step, 0))).toEqual([1, 1])
  })
})
