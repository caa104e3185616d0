import fc from 'fast-check'
import { expect, test } from 'vitest'
import { headAgreements } from '#engine/clustering/head-agreement.ts'

const clusterCount = 3
const heads = fc
  .integer({ min: 1, max: 30 })
  .chain((images) => fc.array(fc.array(fc.nat(clusterCount - 1), { minLength: images, maxLength: images }), { minLength: 1, maxLength: 4 }))

const permutations = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const

test('is the share of the other heads, whatever numbers they give their clusters', () => {
  fc.assert(
    fc.property(heads, fc.nat(5), (given, which) => {
      const clusterings = given.map((clusters) => Int32Array.from(clusters))
      const found = headAgreements(clusterings, 0, clusterCount)
      const renamed = clusterings.map((clusters, head) =>
        head === 0 ? clusters : clusters.map((cluster) => permutations[which]![cluster]!),
      )
      // Where several matchings are equally good, another may be taken: the sum of what is shared is the same where they are not.
      const overlapOf = (clusters: Int32Array, permutation: readonly number[]): number => {
        let sum = 0
        for (let cluster = 0; cluster < clusterCount; cluster++) {
          const [own, other] = [clusterings[0]!, clusters]
          const either = own.filter((value, image) => value === permutation[cluster] || other[image] === cluster).length
          const both = own.filter((value, image) => value === permutation[cluster] && other[image] === cluster).length
          sum += either === 0 ? 0 : both / either
        }
        return sum
      }
      const isUnique = clusterings.slice(1).every((clusters) => {
        const sums = permutations.map((permutation) => overlapOf(clusters, permutation)).sort((a, b) => b - a)
        return sums[0]! - sums[1]! > 1e-9
      })
      if (isUnique) expect(headAgreements(renamed, 0, clusterCount)).toEqual(found)
      // Slow second implementation: every renaming of each other head, the best one counts.
      if (!isUnique) return
      const others = clusterings.slice(1)
      const expected =
        clusterings[0]!.length === 0
          ? []
          : Array.from(clusterings[0]!, (own, image) => {
              if (others.length === 0) return 1
              const agreeing = others.filter((clusters) => {
                const best = permutations.reduce((most, next) => (overlapOf(clusters, next) > overlapOf(clusters, most) ? next : most))
                const cluster = clusters[image]!
                return best[cluster] === own
              })
              return agreeing.length / others.length
            })
      expect(Array.from(found)).toEqual(expected.map(Math.fround))
    }),
  )
})

test('heads that say the same agree fully, and one head agrees with itself', () => {
  const clusters = Int32Array.of(0, 0, 1, 1, 2, 2)
  expect(headAgreements([clusters], 0, 3)).toEqual(new Float32Array(6).fill(1))
  expect(headAgreements([clusters, clusters.map((cluster) => 2 - cluster), Int32Array.of(0, 0, 1, 1, 2, 0)], 0, 3)).toEqual(
    Float32Array.of(1, 1, 1, 1, 1, 0.5),
  )
})
