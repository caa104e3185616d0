import { describe, expect, it } from 'vitest'
import { fitLayoutCurve } from '#engine/clustering/layout-curve.ts'

describe('layout curve', () => {
  it('is the published one: a and b that umap-learn 0.5.12 fits with SciPy', () => {
    for (const [minimumDistance, a, b] of [
      [0, 1.9292, 0.7915],
      [0.1, 1.5769, 0.8951],
      [0.5, 0.583, 1.3342],
    ]) {
      const curve = fitLayoutCurve(minimumDistance, 1)
      expect(curve.a).toBeCloseTo(a, 2)
      expect(curve.b).toBeCloseTo(b, 2)
    }
  })

  it('keeps its form when the scale changes', () => {
    const [one, four] = [fitLayoutCurve(0.1, 1), fitLayoutCurve(0.4, 4)]
    for (const x of [0.2, 1, 2.5]) expect(1 / (1 + four.a * (4 * x) ** (2 * four.b))).toBeCloseTo(1 / (1 + one.a * x ** (2 * one.b)), 6)
  })
})
