import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearestPlainCentroids, plainKMeans } from '#engine/clustering/plain-k-means.ts'
import { blobs, noise, rowOf, sameUpToNames } from './synthetic.ts'

describe('k-means in plain loops', () => {
  it('ends at a fixed point of its own rule, with the inertia of the loops', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 9999 }),
        (count, wanted, seed) => {
          const points = noise(count, 4, seed)
          const clusterCount = Math.min(wanted, count)
          const { clusters, centroids, inertia } = plainKMeans(points, clusterCount, 200, seed)
          const distance = (row: number, cluster: number): number =>
            rowOf(points, row).reduce((sum, value, column) => sum + (value - centroids[cluster * 4 + column]) ** 2, 0)
          let total = 0
          clusters.forEach((own, row) => {
            const all = Array.from({ length: clusterCount }, (_, cluster) => distance(row, cluster))
            expect(own).toBe(all.indexOf(Math.min(...all)))
            total += all[own]
          })
          expect(inertia).toBeCloseTo(total, 10)
          for (let cluster = 0; cluster < clusterCount; cluster++) {
            const members = Array.from(clusters.keys()).filter((row) => clusters[row] === cluster)
            for (let column = 0; column < 4 && members.length > 0; column++)
              expect(centroids[cluster * 4 + column]).toBeCloseTo(
                members.reduce((sum, row) => sum + rowOf(points, row)[column], 0) / members.length,
                10,
              )
          }
        },
      ),
    )
  })

  it('finds far blobs, the same ones for the same seed, and places new rows with them', () => {
    const { embeddings, classes } = blobs([40, 30, 20], 10, 0.05, 2)
    const found = plainKMeans(embeddings, 3, 20, 1)
    expect(sameUpToNames(found.clusters, classes)).toBe(true)
    expect(plainKMeans(embeddings, 3, 20, 1)).toEqual(found)
    expect(nearestPlainCentroids(embeddings, found.centroids).clusters).toEqual(found.clusters)
  })

  it('puts equal rows together, and gives every row its own cluster where there are as many', () => {
    const equal = { values: new Float32Array(10).fill(2), count: 5, dimension: 2 }
    expect(plainKMeans(equal, 3, 10, 1)).toMatchObject({ clusters: new Int32Array(5), inertia: 0 })
    const { clusters, inertia } = plainKMeans(noise(7, 3, 1), 7, 10, 1)
    expect([new Set(clusters).size, inertia]).toEqual([7, 0])
  })
})
