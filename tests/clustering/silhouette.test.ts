import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distanceTable, meanSilhouette } from '#engine/clustering/silhouette.ts'
import { createRandom } from '#engine/ml/random.ts'
import { blobs, noise, rowOf } from './synthetic.ts'

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Silhouette by its definition, from the rows. */
function slowSilhouette(rows: readonly number[][], clusters: Int32Array): number {
  const distance = (left: number, right: number): number => Math.hypot(...rows[left].map((value, column) => value - rows[right][column]))
  return mean(
    rows.map((_, row) => {
      const meanTo = (cluster: number): number =>
        mean(
          Array.from(rows.keys())
            .filter((other) => other !== row && clusters[other] === cluster)
            .map((other) => distance(row, other)),
        )
      const others = [...new Set(clusters)].filter((cluster) => cluster !== clusters[row])
      const within = meanTo(clusters[row])
      if (Number.isNaN(within) || others.length === 0) return 0
      const nearest = Math.min(...others.map(meanTo))
      return (nearest - within) / Math.max(nearest, within)
    }),
  )
}

describe('mean silhouette', () => {
  it('is that of the definition', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 30 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 9999 }),
        (count, clusterCount, seed) => {
          const random = createRandom(seed)
          const points = noise(count, 3, seed)
          const clusters = Int32Array.from({ length: count }, () => random.integer(clusterCount))
          const rows = Array.from({ length: count }, (_, row) => rowOf(points, row))
          // Distances are kept in float32.
          expect(meanSilhouette(distanceTable(points), clusters, clusterCount)).toBeCloseTo(slowSilhouette(rows, clusters), 5)
        },
      ),
    )
  })

  it('is near 1 for far blobs, below 0 for mixed ones, 0 for one cluster or equal rows', () => {
    const { embeddings, classes } = blobs([20, 20, 20], 12, 0.02, 1)
    const distances = distanceTable(embeddings)
    expect(meanSilhouette(distances, classes, 3)).toBeGreaterThan(0.9)
    expect(
      meanSilhouette(
        distances,
        classes.map((_, row) => row % 3),
        3,
      ),
    ).toBeLessThan(0)
    expect(meanSilhouette(distances, new Int32Array(60), 1)).toBe(0)
    const equal = distanceTable({ values: new Float32Array(12).fill(1), count: 6, dimension: 2 })
    expect(meanSilhouette(equal, Int32Array.of(0, 0, 0, 1, 1, 1), 2)).toBe(0)
  })
})
