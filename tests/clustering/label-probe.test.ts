import { describe, expect, it } from 'vitest'
import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { probeLabels } from '#engine/clustering/label-probe.ts'
import { createRandom } from '#engine/ml/random.ts'
import { solve } from './linear-equations.ts'
import { blobs, rowOf } from './synthetic.ts'

const penalties = [0.01, 0.03, 0.1, 0.3, 1, 3]

/** Ridge regression by its normal equations, with the intercept as one more feature. */
function slowScores(features: Embeddings, rows: readonly number[], classes: readonly number[], classCount: number, penalty: number) {
  const all = Array.from({ length: features.count }, (_, row) => rowOf(features, row))
  const mean = all[0].map((_, column) => all.reduce((sum, row) => sum + row[column], 0) / all.length)
  const centred = all.map((row) => row.map((value, column) => value - mean[column]))
  return (kept: readonly number[]): number[][] => {
    const scale = rows.reduce((sum, row) => sum + centred[row].reduce((total, value) => total + value ** 2, 0), 0) / rows.length
    const inputs = centred.map((row) => [...row, Math.sqrt(scale)])
    const matrix = inputs[0].map((_, i) =>
      inputs[0].map(
        (__, j) => kept.reduce((sum, place) => sum + inputs[rows[place]][i] * inputs[rows[place]][j], 0) + (i === j ? penalty * scale : 0),
      ),
    )
    const right = inputs[0].map((_, i) =>
      Array.from({ length: classCount }, (__, label) =>
        kept.reduce((sum, place) => sum + inputs[rows[place]][i] * (Number(classes[place] === label) - 1 / classCount), 0),
      ),
    )
    const weights = solve(matrix, right)
    return inputs.map((row) =>
      weights[0].map((_, label) => 1 / classCount + row.reduce((sum, value, i) => sum + value * weights[i][label], 0)),
    )
  }
}

describe('linear probe', () => {
  const { embeddings, classes } = blobs([20, 15, 10], 6, 0.7, 4)
  const rows = [...classes.keys()].filter((row) => row % 4 === 0)
  const given = rows.map((row) => classes[row])

  it('is ridge regression with the penalty under which held-out images are told best, and says what it would without each', () => {
    const { scores, heldOut } = probeLabels(embeddings, rows, Int32Array.from(given), 3)
    const tried = penalties.map((penalty) => {
      const scoresFrom = slowScores(embeddings, rows, given, 3, penalty)
      const places = [...rows.keys()]
      const without = places.map((left) => scoresFrom(places.filter((place) => place !== left))[rows[left]])
      const error = without.flatMap((row, place) => row.map((score, label) => (Number(given[place] === label) - score) ** 2))
      return { all: scoresFrom(places), without, error: error.reduce((sum, value) => sum + value, 0) }
    })
    const best = tried.reduce((left, right) => (right.error < left.error ? right : left))
    for (const [place, score] of best.all.flat().entries()) expect(scores[place]).toBeCloseTo(score, 4)
    for (const [place, score] of best.without.flat().entries()) expect(heldOut[place]).toBeCloseTo(score, 4)
  })

  it('does not depend on the size of the features, and is finite for one image of each class and for equal images', () => {
    const one = probeLabels(embeddings, rows, Int32Array.from(given), 3).scores
    const larger = { ...embeddings, values: embeddings.values.map((value) => 8 * value) }
    for (const [place, score] of probeLabels(larger, rows, Int32Array.from(given), 3).scores.entries())
      expect(score).toBeCloseTo(one[place], 4)
    const random = createRandom(1)
    for (const values of [Float32Array.from({ length: 12 }, () => random.normal()), new Float32Array(12)]) {
      const { scores, heldOut } = probeLabels({ values, count: 4, dimension: 3 }, [0, 3], Int32Array.of(1, 0), 2)
      expect([...scores, ...heldOut].every(Number.isFinite)).toBe(true)
    }
  })
})
