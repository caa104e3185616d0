import { describe, expect, it } from 'vitest'
import { clearnesses } from '#engine/clustering/clear-divisions.ts'
import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { rowsOf } from '#engine/clustering/embeddings.ts'
import { distanceTable, meanSilhouette } from '#engine/clustering/silhouette.ts'
import { createRandom } from '#engine/ml/random.ts'
import { blobs, noise } from './synthetic.ts'

const { embeddings: points, classes } = blobs([120, 12, 12], 6, 0.3, 4)
const embedded: Embeddings[] = [rowsOf(points, [...classes.keys()]), { ...points, values: points.values.map((value) => value ** 3) }]

describe('clearness of divisions', () => {
  it('is the geometric mean of the silhouettes in the features and, averaged, in the embeddings', () => {
    const random = createRandom(3)
    const mixed = classes.map((label) => (random.uniform() < 0.2 ? random.integer(3) : label))
    const silhouette = (of: Embeddings, clusters: Int32Array): number => meanSilhouette(distanceTable(of), clusters, 3)
    const expected = [classes, mixed].map((clusters) =>
      Math.sqrt(silhouette(points, clusters) * ((silhouette(embedded[0]!, clusters) + silhouette(embedded[1]!, clusters)) / 2)),
    )
    for (const [place, found] of clearnesses([classes, mixed], points, embedded, 3, 1).entries())
      expect(found).toBeCloseTo(expected[place]!, 6)
  })

  it('is greater for clusters of very different size than for even ones that cut the large one and join the small', () => {
    let seen = 0
    const even = classes.map((label) => (label === 0 ? seen++ % 2 : 2))
    const [right, wrong] = clearnesses([classes, even], points, embedded, 3, 1)
    expect(right).toBeGreaterThan(wrong! + 0.1)
  })

  it('is 0 where images lie nearer to another cluster, or where there is one cluster', () => {
    const far = Int32Array.from(classes.keys(), (row) => row % 3)
    expect(clearnesses([far], points, embedded, 3, 1)).toEqual([0])
    expect(clearnesses([new Int32Array(classes.length)], points, embedded, 1, 1)).toEqual([0])
  })

  it('asks 2,000 images at most, the same ones for the same seed', () => {
    const many = noise(2300, 3, 5)
    const clusters = Int32Array.from({ length: 2300 }, (_, row) => (many.values[row * 3]! > 0 ? 1 : 0))
    const sample = createRandom(9).shuffled(2300).subarray(0, 2000)
    const silhouette = meanSilhouette(
      distanceTable(rowsOf(many, sample)),
      Int32Array.from(sample, (row) => clusters[row]!),
      2,
    )
    expect(clearnesses([clusters], many, [many], 2, 9)[0]).toBeCloseTo(silhouette, 6)
  })
})
