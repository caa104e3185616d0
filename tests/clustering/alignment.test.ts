import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alignClusters, matchClusterings } from '#engine/clustering/alignment.ts'
import { createRandom } from '#engine/ml/random.ts'

/** Every one-to-one matching of rows with columns, as column of each row or -1; as many pairs as fit. */
function* matchings(rowCount: number, columnCount: number, row = 0, taken: readonly number[] = []): Generator<number[]> {
  if (row === rowCount) {
    if (taken.filter((column) => column >= 0).length === Math.min(rowCount, columnCount)) yield [...taken]
    return
  }
  for (let column = -1; column < columnCount; column++)
    if (column < 0 || !taken.includes(column)) yield* matchings(rowCount, columnCount, row + 1, [...taken, column])
}

function greatestSum(score: (row: number, column: number) => number, rowCount: number, columnCount: number): number {
  let greatest = 0
  for (const matching of matchings(rowCount, columnCount))
    greatest = Math.max(
      greatest,
      matching.reduce((sum, column, row) => sum + (column < 0 ? 0 : score(row, column)), 0),
    )
  return greatest
}

type Case = { clusters: Int32Array; labels: Int32Array; clusterCount: number; classCount: number }

/** Small random clusterings with a few labels, and some images rejected. */
const cases: fc.Arbitrary<Case> = fc
  .record({
    count: fc.integer({ min: 1, max: 40 }),
    clusterCount: fc.integer({ min: 1, max: 5 }),
    classCount: fc.integer({ min: 1, max: 5 }),
  })
  .chain(({ count, clusterCount, classCount }) =>
    fc.record({
      clusters: fc
        .array(fc.integer({ min: -1, max: clusterCount - 1 }), { minLength: count, maxLength: count })
        .map((list) => Int32Array.from(list)),
      labels: fc
        .array(fc.integer({ min: -1, max: classCount - 1 }), { minLength: count, maxLength: count })
        .map((list) => Int32Array.from(list)),
      clusterCount: fc.constant(clusterCount),
      classCount: fc.constant(classCount),
    }),
  )

const shared = ({ clusters, labels }: Case, cluster: number, label: number): number =>
  clusters.filter((own, image) => own === cluster && labels[image] === label).length

describe('classes of clusters', () => {
  it('are the matching with most examples right, of all matchings', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { clusters, labels, clusterCount, classCount } = given
        const { classOfCluster } = alignClusters(clusters, labels, clusterCount, classCount, false)
        const right = classOfCluster.reduce((sum, label, cluster) => sum + (label < 0 ? 0 : shared(given, cluster, label)), 0)
        const used = classOfCluster.filter((label) => label >= 0)
        expect(right).toBe(greatestSum((cluster, label) => shared(given, cluster, label), clusterCount, classCount))
        expect(new Set(used).size).toBe(used.length)
      }),
    )
  })

  it('come with the examples of each cluster and the share of them that agrees, and only where one does', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), (given, manyToOne) => {
        const { clusters, labels, clusterCount, classCount } = given
        const { classOfCluster, agreements, labeledCounts } = alignClusters(clusters, labels, clusterCount, classCount, manyToOne)
        for (let cluster = 0; cluster < clusterCount; cluster++) {
          const labeled = clusters.filter((own, image) => own === cluster && labels[image] >= 0).length
          const label = classOfCluster[cluster]
          expect(labeledCounts[cluster]).toBe(labeled)
          if (label < 0) expect(agreements[cluster]).toBe(0)
          else {
            expect(shared(given, cluster, label)).toBeGreaterThan(0)
            expect(agreements[cluster]).toBe(Math.fround(shared(given, cluster, label) / labeled))
          }
        }
      }),
    )
  })

  it('may be shared: a cluster left over takes the class of most of its examples, and the matched ones keep theirs', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { clusters, labels, clusterCount, classCount } = given
        const one = alignClusters(clusters, labels, clusterCount, classCount, false)
        const many = alignClusters(clusters, labels, clusterCount, classCount, true)
        for (let cluster = 0; cluster < clusterCount; cluster++) {
          const counts = Array.from({ length: classCount }, (_, label) => shared(given, cluster, label))
          if (one.classOfCluster[cluster] >= 0) expect(many.classOfCluster[cluster]).toBe(one.classOfCluster[cluster])
          else if (many.labeledCounts[cluster] === 0) expect(many.classOfCluster[cluster]).toBe(-1)
          else expect(counts[many.classOfCluster[cluster]]).toBe(Math.max(...counts))
        }
      }),
    )
  })

  it('follow from one example a cluster', () => {
    const clusters = Int32Array.from({ length: 90 }, (_, image) => image % 3)
    const labels = new Int32Array(90).fill(-1)
    labels.set([2, 0, 1])
    expect(alignClusters(clusters, labels, 3, 3, false)).toEqual({
      classOfCluster: Int32Array.of(2, 0, 1),
      agreements: Float32Array.of(1, 1, 1),
      labeledCounts: Int32Array.of(1, 1, 1),
    })
  })

  it('are missing for clusters without an example, and for classes beyond the clusters', () => {
    const clusters = Int32Array.of(0, 0, 1, 1, 2, 2)
    expect(alignClusters(clusters, Int32Array.of(4, 4, -1, -1, 1, -1), 3, 6, true).classOfCluster).toEqual(Int32Array.of(4, -1, 1))
    expect(alignClusters(clusters, new Int32Array(6).fill(-1), 3, 6, true)).toEqual({
      classOfCluster: Int32Array.of(-1, -1, -1),
      agreements: new Float32Array(3),
      labeledCounts: new Int32Array(3),
    })
  })

  it('give both of two clusters one class only where that is allowed', () => {
    const clusters = Int32Array.of(0, 0, 0, 1, 1, 2)
    const labels = Int32Array.of(0, 0, 0, 0, 0, 1)
    expect(alignClusters(clusters, labels, 3, 2, false).classOfCluster).toEqual(Int32Array.of(0, -1, 1))
    expect(alignClusters(clusters, labels, 3, 2, true).classOfCluster).toEqual(Int32Array.of(0, 0, 1))
  })

  it('do not care how clusters and classes are numbered', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 }), (seed) => {
        const random = createRandom(seed)
        const [clusterNames, classNames] = [random.shuffled(4), random.shuffled(4)]
        // Cluster i holds mostly class i: sizes differ, so that the best matching is the only one.
        const clusters = Int32Array.from({ length: 80 }, (_, image) => (image < 32 ? 0 : image < 56 ? 1 : image < 72 ? 2 : 3))
        const labels = clusters.map((cluster, image) => (image % 4 === 0 ? -1 : image % 7 === 0 ? (cluster + 1) % 4 : cluster))
        const renamed = alignClusters(
          clusters.map((c) => clusterNames[c]),
          labels.map((l) => (l < 0 ? -1 : classNames[l])),
          4,
          4,
          false,
        )
        for (let cluster = 0; cluster < 4; cluster++) expect(renamed.classOfCluster[clusterNames[cluster]]).toBe(classNames[cluster])
      }),
    )
  })
})

describe('clusters that continue older ones', () => {
  const overlap = (given: Case, newer: number, older: number): number => {
    const both = shared(given, newer, older)
    const either = given.clusters.filter((own, image) => own === newer || given.labels[image] === older).length
    return either === 0 ? 0 : both / either
  }

  it('are the matching of greatest overlap, of all matchings, and share an image', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const matches = matchClusterings(given.labels, given.clusters, given.classCount, given.clusterCount)
        const used = matches.filter((older) => older >= 0)
        const sum = matches.reduce((before, older, newer) => before + (older < 0 ? 0 : overlap(given, newer, older)), 0)
        expect(sum).toBeCloseTo(
          greatestSum((newer, older) => overlap(given, newer, older), given.clusterCount, given.classCount),
          10,
        )
        expect(new Set(used).size).toBe(used.length)
        matches.forEach((older, newer) => {
          if (older >= 0) expect(shared(given, newer, older)).toBeGreaterThan(0)
        })
      }),
    )
  })

  it('are the same clusters under new numbers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 1, max: 8 }), (seed, clusterCount) => {
        const random = createRandom(seed)
        const older = Int32Array.from({ length: 60 }, (_, image) => (image < clusterCount ? image : random.integer(clusterCount)))
        const names = random.shuffled(clusterCount)
        const matches = matchClusterings(
          older,
          older.map((cluster) => names[cluster]),
          clusterCount,
          clusterCount,
        )
        expect(Array.from(names, (name) => matches[name])).toEqual(Array.from({ length: clusterCount }, (_, cluster) => cluster))
      }),
    )
  })

  it('leave the smaller part of a divided cluster new, and the smaller of two merged ones without heir', () => {
    const older = Int32Array.of(0, 0, 0, 0, 0, 1, 1, 1)
    expect(matchClusterings(older, Int32Array.of(0, 0, 0, 1, 1, 2, 2, 2), 2, 3)).toEqual(Int32Array.of(0, -1, 1))
    expect(matchClusterings(older, new Int32Array(8), 2, 1)).toEqual(Int32Array.of(0))
    expect(matchClusterings(Int32Array.of(0, 0, -1, -1), Int32Array.of(-1, -1, 0, 0), 1, 1)).toEqual(Int32Array.of(-1))
  })
})
