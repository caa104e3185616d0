import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createClusterReporter } from '#engine/clustering/cluster-report.ts'
import { linksAmong, type NearestOthers, toLinks } from '#engine/clustering/neighbour-links.ts'
import { divideInTwo } from '#engine/clustering/two-way-division.ts'
import { createRandom } from '#engine/ml/random.ts'
import { linkTable, randomOthers, slowCrossing, slowNearest } from './random-neighbours.ts'
import { blobs, noise } from './synthetic.ts'

const width = 8

/** The same from the table of links, but for the divisions themselves. */
function slowReport(nearest: NearestOthers, clusters: Int32Array, clusterCount: number) {
  const table = linkTable(nearest)
  const links = toLinks(nearest)
  const groups = Array.from({ length: clusterCount }, (_, cluster) => [...clusters.keys()].filter((image) => clusters[image] === cluster))
  const crossingOf = (group: number[]): { halves: number[][]; crossing: number } => {
    const sides = divideInTwo(linksAmong(links, group))?.sides
    if (!sides) return { halves: [], crossing: 1 }
    const halves = [0, 1].map((side) => group.filter((_, place) => sides[place] === side))
    return { halves, crossing: slowCrossing(table, halves[0], halves[1]) }
  }
  const agreements = groups.map((group, cluster) => {
    const asked = Math.min(nearest.width, Math.max(1, group.length - 1))
    const named = (image: number): number[] => [...nearest.others.subarray(image * nearest.width, image * nearest.width + asked)]
    const shares = group.map((image) => named(image).filter((other) => clusters[other] === cluster).length / asked)
    return group.length === 0 ? 0 : shares.reduce((sum, share) => sum + share, 0) / group.length
  })
  const inner = groups.map((group, cluster) => {
    const { halves, crossing } = crossingOf(group)
    const ofHalves = halves.map((half) => crossingOf(half).crossing)
    const mixed = halves.length === 2 && crossing <= (ofHalves[0] + ofHalves[1]) / 4 + 1e-9 && agreements[cluster] >= 0.5 - 1e-6
    return { crossing, mixed: mixed && group.length >= 2 * nearest.width ? halves.map(({ length }) => length) : null }
  })
  const isLarge = (cluster: number): boolean => groups[cluster].length >= 2 * nearest.width
  const nearestOf = groups.map((group, cluster) => {
    const oneness = groups.map((other, place) =>
      place === cluster || !isLarge(cluster) || !isLarge(place) || inner[cluster].mixed || inner[place].mixed
        ? 0
        : (2 * slowCrossing(table, group, other)) / (inner[cluster].crossing + inner[place].crossing),
    )
    const most = Math.max(...oneness)
    return most >= Math.SQRT1_2 ? oneness.indexOf(most) : null
  })
  return groups.map((group, cluster) => {
    const other = nearestOf[cluster]
    return {
      imageCount: group.length,
      neighbourAgreement: agreements[cluster],
      mixed: inner[cluster].mixed,
      sameAs: other !== null && nearestOf[other] === cluster ? other : null,
    }
  })
}

const rounded = (reports: readonly { neighbourAgreement: number }[]) =>
  reports.map((report) => ({ ...report, neighbourAgreement: Math.round(report.neighbourAgreement * 1e5) / 1e5 }))

describe('report of clusters', () => {
  it('is what the table of links says, also of what is left after a move, and of images in no cluster', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 12, max: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 999 }),
        async (count, clusterCount, seed) => {
          const nearest = randomOthers(count, 3, seed)
          const reporter = createClusterReporter(nearest)
          const random = createRandom(seed)
          const clusters = Int32Array.from({ length: count }, () => random.integer(clusterCount + 1) - 1)
          for (const given of [clusters, clusters.map((cluster, image) => (image < 3 ? 0 : cluster))])
            expect(rounded(await reporter.report(given, clusterCount))).toEqual(rounded(slowReport(nearest, given, clusterCount)))
        },
      ),
      { numRuns: 40 },
    )
  })

  it('says nothing of clusters that are blobs, apart or touching', async () => {
    for (const spread of [0.3, 0.6]) {
      const { embeddings, classes } = blobs([60, 40, 90, 30], 12, spread, 3)
      const reports = await createClusterReporter(slowNearest(embeddings, width)).report(classes, 4)
      expect(reports.map(({ mixed, sameAs }) => [mixed, sameAs])).toEqual(new Array(4).fill([null, null]))
      for (const { neighbourAgreement } of reports) expect(neighbourAgreement).toBeGreaterThan(0.9)
    }
  })

  it('finds the cluster of two blobs mixed, with their sizes', async () => {
    const { embeddings, classes } = blobs([60, 45, 80, 24], 12, 0.45, 5)
    const together = classes.map((label) => [0, 1, 2, 0][label])
    const reports = await createClusterReporter(slowNearest(embeddings, width)).report(together, 3)
    expect(reports.map(({ mixed }) => mixed)).toEqual([[60, 24], null, null])
    expect(reports.map(({ sameAs }) => sameAs)).toEqual([null, null, null])
  })

  it.each([5, 8, 20])('finds the parts of one blob of %i dimensions the same, halves or not', async (dimension) => {
    const { embeddings, classes } = blobs([120, 70], dimension, 0.3, 6)
    const reporter = createClusterReporter(slowNearest(embeddings, width))
    const along = embeddings.values.filter((_, place) => place % dimension === 0)
    const ordered = [...along].filter((_, image) => classes[image] === 0).sort((a, b) => a - b)
    for (const place of [60, 40]) {
      const cut = classes.map((label, image) => (label === 0 && along[image] >= ordered[place] ? 2 : label))
      const reports = await reporter.report(cut, 3)
      expect(reports.map(({ mixed, sameAs }) => [mixed, sameAs])).toEqual([
        [null, 2],
        [null, null],
        [null, 0],
      ])
    }
  })

  it('says nothing of noise as one cluster, of small clusters, nor of none', async () => {
    const nearest = slowNearest(noise(80, 12, 2), width)
    expect((await createClusterReporter(nearest).report(new Int32Array(80), 1))[0].mixed).toBeNull()
    const { embeddings, classes } = blobs([7, 7, 60], 12, 0.3, 5)
    const small = slowNearest(embeddings, width)
    const clusters = classes.map((label) => Math.max(0, label - 1))
    expect((await createClusterReporter(small).report(clusters, 2)).map(({ mixed, sameAs }) => [mixed, sameAs])).toEqual([
      [null, null],
      [null, null],
    ])
    expect(await createClusterReporter(small).report(clusters.fill(-1), 0)).toEqual([])
    await expect(createClusterReporter(nearest).report(new Int32Array(80), 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })
})
