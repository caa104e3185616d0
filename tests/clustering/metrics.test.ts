import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignRows } from '#engine/clustering/assignment.ts'
import { adjustedRandIndex, clusteringMetrics, contingencyTable } from '#engine/clustering/metrics.ts'

const labelling = (kinds: number, length: number): fc.Arbitrary<Int32Array> =>
  fc.array(fc.integer({ min: 0, max: kinds - 1 }), { minLength: length, maxLength: length }).map((list) => Int32Array.from(list))

function bestBySearch(scores: number[], rows: number, columns: number): number {
  const visit = (row: number, taken: number): number => {
    if (row === rows) return 0
    let best = rows > columns ? visit(row + 1, taken) : Number.NEGATIVE_INFINITY
    for (let column = 0; column < columns; column++)
      if (!(taken & (1 << column))) best = Math.max(best, scores[row * columns + column] + visit(row + 1, taken | (1 << column)))
    return best
  }
  return visit(0, 0)
}

describe('scores against known classes', () => {
  it('are those of scikit-learn', () => {
    const golden = JSON.parse(readFileSync(new URL('../golden/clustering-metrics.json', import.meta.url), 'utf8'))
    for (const { truth, clusters, classCount, clusterCount, ...expected } of golden.cases) {
      const metrics = clusteringMetrics(contingencyTable(Int32Array.from(truth), Int32Array.from(clusters), classCount, clusterCount))
      for (const name of ['accuracy', 'normalizedMutualInformation', 'adjustedRandIndex', 'purity'] as const)
        expect(metrics[name], name).toBeCloseTo(expected[name], 10)
    }
  })

  it('give the confusion matrix by class, with a last column for clusters without a class', () => {
    const table = contingencyTable(Int32Array.of(0, 0, 0, 1, 1, 1, -1), Int32Array.of(2, 2, 0, 0, 0, 3, 1), 2, 5)
    expect(clusteringMetrics(table)).toMatchObject({
      imageCount: 6,
      accuracy: 4 / 6,
      purity: 5 / 6,
      emptyClusters: 2,
      confusion: Int32Array.of(2, 1, 0, 0, 2, 1),
    })
  })

  it('do not change with the names of clusters; ARI counts pairs as loops do', () => {
    fc.assert(
      fc.property(labelling(4, 30), labelling(4, 30), (truth, clusters) => {
        const table = contingencyTable(truth, clusters, 4, 4)
        const renamed = contingencyTable(
          truth,
          clusters.map((cluster) => (cluster + 3) % 4),
          4,
          4,
        )
        expect(clusteringMetrics(renamed).accuracy).toBe(clusteringMetrics(table).accuracy)
        expect(adjustedRandIndex(renamed)).toBeCloseTo(adjustedRandIndex(table), 12)
        let [both, first, second, pairs] = [0, 0, 0, 0]
        for (let a = 0; a < 30; a++)
          for (let b = 0; b < a; b++) {
            pairs++
            if (truth[a] === truth[b]) first++
            if (clusters[a] === clusters[b]) second++
            if (truth[a] === truth[b] && clusters[a] === clusters[b]) both++
          }
        const chance = (first * second) / pairs
        if (first !== both || second !== both)
          expect(adjustedRandIndex(table)).toBeCloseTo((both - chance) / ((first + second) / 2 - chance), 10)
      }),
    )
  })

  it('are perfect for equal labellings and zero without labels', () => {
    const labels = Int32Array.of(0, 1, 2, 1)
    expect(clusteringMetrics(contingencyTable(labels, labels, 3, 3))).toMatchObject({
      accuracy: 1,
      normalizedMutualInformation: 1,
      adjustedRandIndex: 1,
      purity: 1,
    })
    expect(clusteringMetrics(contingencyTable(new Int32Array(4).fill(-1), labels, 3, 3))).toMatchObject({
      imageCount: 0,
      accuracy: 0,
      purity: 0,
    })
  })

  it('refuse labels out of range', () => {
    expect(() => contingencyTable(Int32Array.of(3), Int32Array.of(0), 3, 3)).toThrow(/class 3 of 3/)
    expect(() => contingencyTable(Int32Array.of(0, 1), Int32Array.of(0), 3, 3)).toThrow(/2 labels/)
  })
})

describe('assignment', () => {
  it('is as good as trying all, for any shape', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 25, maxLength: 25 }),
        (rows, columns, scores) => {
          const assigned = assignRows(scores, rows, columns)
          const used = Array.from(assigned).filter((column) => column >= 0)
          expect(used.length).toBe(Math.min(rows, columns))
          expect(new Set(used).size).toBe(used.length)
          const sum = assigned.reduce((total, column, row) => total + (column < 0 ? 0 : scores[row * columns + column]), 0)
          expect(sum).toBe(bestBySearch(scores, rows, columns))
        },
      ),
    )
  })
})
