import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type HumanDecisions, hasHumanDecisions, humanTargets, shareOfKnownClasses } from '#engine/training/human-decisions.ts'
import { runFiles } from '#engine/training/run-context.ts'
import type { StageName } from '#shared/jobs.ts'
import { standard } from '#shared/recipes/standard.ts'
import type { ClusteringResult } from '#shared/worker-protocol.ts'
import { availableBackends, useBackend } from '../backends.ts'
import { imagesOfKinds } from './images-of-kinds.ts'
import { type MemoryFiles, memoryHost, runInMemory, smallRecipe } from './run-in-memory.ts'

describe('where a person wants images', () => {
  const none = Int32Array.of(-1, -1, -1, -1, -1, -1)
  const nothing: HumanDecisions = { clusterCount: 3, humanLabels: none, knownClasses: none, humanClusters: none, previousClusters: none }

  it('is nowhere without a decision', () => {
    const decisions = { ...nothing, previousClusters: Int32Array.of(0, 0, 1, 1, 2, 2) }
    expect(hasHumanDecisions(decisions)).toBe(false)
    expect([...humanTargets(decisions, Int32Array.of(0, 0, 1, 1, 2, 2))]).toEqual([...none])
  })

  it('is the cluster that continues the one into which they were put, whatever its number now', () => {
    // The last image was moved from the cluster of the three before it to that of the first two.
    const decisions = {
      ...nothing,
      humanClusters: Int32Array.of(-1, -1, -1, -1, -1, 0),
      previousClusters: Int32Array.of(0, 0, 1, 1, 1, -1),
    }
    expect(hasHumanDecisions(decisions)).toBe(true)
    expect([...humanTargets(decisions, Int32Array.of(2, 2, 0, 0, 0, 0))]).toEqual([-1, -1, -1, -1, -1, 2])
  })

  it('is nowhere when no cluster continues it', () => {
    const decisions = { ...nothing, humanClusters: Int32Array.of(-1, -1, -1, -1, -1, 2), previousClusters: Int32Array.of(0, 0, 1, 1, 1, 2) }
    expect([...humanTargets({ ...decisions, clusterCount: 2 }, Int32Array.of(1, 1, 0, 0, 0, 0))]).toEqual([...none])
  })

  it('is one cluster for all that were put together, and another for those put elsewhere, also where no cluster continues theirs', () => {
    // Cluster 3 of before is gone; of the two images put into it, and of the three put into 4, most lie in cluster 0.
    const decisions = {
      ...nothing,
      humanLabels: new Int32Array(9).fill(-1),
      knownClasses: new Int32Array(9).fill(-1),
      humanClusters: Int32Array.of(-1, -1, -1, 3, 3, 4, 4, 4, -1),
      previousClusters: Int32Array.of(0, 0, 0, -1, -1, -1, -1, -1, 1),
    }
    const targets = humanTargets(decisions, Int32Array.of(2, 2, 2, 0, 1, 0, 0, 1, 1))
    expect([...targets]).toEqual([-1, -1, -1, 1, 1, 0, 0, 0, -1])
  })

  it('never tears apart what was put together, nor joins what was put apart, while there are clusters enough', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -1, max: 3 }), fc.integer({ min: -1, max: 3 }), fc.integer({ min: 0, max: 5 })), {
          minLength: 1,
          maxLength: 40,
        }),
        (rows) => {
          const [humanClusters, previousClusters, clusters] = [0, 1, 2].map((column) => Int32Array.from(rows, (row) => row[column]!))
          const empty = new Int32Array(rows.length).fill(-1)
          const decisions = {
            clusterCount: 6,
            humanLabels: empty,
            knownClasses: empty,
            humanClusters: humanClusters!,
            previousClusters: previousClusters!,
          }
          const targets = humanTargets(decisions, clusters!)
          for (const [one, group] of humanClusters!.entries())
            for (const [other, second] of humanClusters!.entries()) {
              if (group < 0 || second < 0 || one === other) continue
              if (group === second) expect(targets[one]).toBe(targets[other])
              else if (targets[one]! >= 0) expect(targets[one]).not.toBe(targets[other])
              if (group === second) expect(targets[one]).toBeGreaterThanOrEqual(0)
            }
        },
      ),
    )
  })

  it('is a cluster of the class they gave: the present one where it is of the class too, else the one with most of it', () => {
    // Clusters 0 and 1 are of class 0, cluster 2 of class 1, as mappings say; four images have labels of their own.
    const decisions = {
      ...nothing,
      knownClasses: Int32Array.of(0, 0, 0, 0, 1, 1, 1, 0, 1),
      humanLabels: Int32Array.of(0, -1, -1, 0, -1, -1, -1, 0, 1),
      humanClusters: new Int32Array(9).fill(-1),
      previousClusters: new Int32Array(9).fill(-1),
    }
    expect([...humanTargets(decisions, Int32Array.of(0, 0, 0, 1, 2, 2, 2, 2, 0))]).toEqual([0, -1, -1, 1, -1, -1, -1, 0, 2])
  })

  it('is met as far as images of known class lie in a cluster of their class', () => {
    const decisions = { ...nothing, knownClasses: Int32Array.of(0, 0, 1, 1, 1, -1) }
    expect(shareOfKnownClasses(decisions, Int32Array.of(2, 2, 0, 0, 0, 1))).toBe(1)
    expect(shareOfKnownClasses(decisions, Int32Array.of(0, 0, 0, 1, 1, 2))).toBe(4 / 5)
    expect(shareOfKnownClasses(nothing, Int32Array.of(0, 0, 1, 1, 2, 2))).toBe(0)
  })

  it('is where they were put, also against a label', () => {
    const decisions = {
      ...nothing,
      knownClasses: Int32Array.of(0, 0, 1, 1, 1, 1),
      humanLabels: Int32Array.of(-1, -1, -1, -1, -1, 1),
      humanClusters: Int32Array.of(-1, -1, -1, -1, -1, 0),
      previousClusters: Int32Array.of(0, 0, 1, 1, 1, 0),
    }
    expect(humanTargets(decisions, Int32Array.of(1, 1, 2, 2, 2, 2))[5]).toBe(1)
  })
})

describe('a run after corrections', () => {
  const [side, each, clusterCount] = [16, 60, 2]
  const { pixels, truth } = imagesOfKinds(3, each, side, 8)
  const imageCount = truth.length
  const changes = { pretrain: { epochs: 8 }, self: { epochs: 3, repeats: 4 }, semi: { steps: 30 } }
  const run = { pixels, side, clusterCount, seed: 3, recipe: smallRecipe(standard, imageCount, clusterCount, side, changes) }
  const files: MemoryFiles = new Map()
  let alone: ClusteringResult
  const backends = availableBackends()

  const cluster = async (decisions: Partial<HumanDecisions>): Promise<Record<'self' | 'semi', ClusteringResult>> => {
    const mine = new Map(files)
    const found: Partial<Record<StageName, ClusteringResult>> = {}
    for (const stage of ['self', 'reliable', 'semi'] as const) {
      const result = await runInMemory(stage, { ...run, ...decisions }, memoryHost({ files: mine }))
      if ('clustering' in result) found[stage] = result.clustering
    }
    return found as Record<'self' | 'semi', ClusteringResult>
  }
  /** The cluster of most of these images. */
  const mostOf = ({ clusters }: ClusteringResult, of: (image: number) => boolean): number => {
    const counts = new Int32Array(clusterCount)
    for (const [image, found] of clusters.entries()) if (of(image)) counts[found]!++
    return counts.indexOf(Math.max(...counts))
  }
  const share = ({ clusters }: ClusteringResult, cluster: number, of: (image: number) => boolean): number => {
    const members = [...clusters.keys()].filter(of)
    return members.filter((image) => clusters[image] === cluster).length / members.length
  }

  const ofKind = (kind: number) => (image: number) => truth[image] === kind

  beforeAll(async () => {
    await useBackend((await backends)[0]!)
    for (const stage of ['pretrain', 'embed'] as const) await runInMemory(stage, run, memoryHost({ files }))
    for (const name of [runFiles.self, runFiles.reliable, runFiles.semi]) files.delete(name)
    alone = (await cluster({})).semi
  })

  /** Three kinds in two clusters: two kinds share one. A person moves most of one of these two to the cluster of the third. */
  const findGroup = () => {
    const clusterOfKind = [0, 1, 2].map((kind) => mostOf(alone, ofKind(kind)))
    const kind = clusterOfKind.findIndex((found, at) => clusterOfKind.indexOf(found) !== at)
    const third = clusterOfKind.findIndex((found) => found !== clusterOfKind[kind])
    const isMoved = (image: number): boolean => truth[image] === kind && image % 12 < 9
    expect(share(alone, clusterOfKind[third]!, isMoved)).toBeLessThan(0.1)
    return { kind, third, isMoved, target: clusterOfKind[third]! }
  }

  it('leaves a group of images where a person moved it, against what it found by itself', async () => {
    const { kind, third, isMoved, target } = findGroup()
    const decisions = {
      previousClusters: alone.clusters.map((found, image) => (isMoved(image) ? -1 : found)),
      humanClusters: alone.clusters.map((_, image) => (isMoved(image) ? target : -1)),
    }
    for (const found of Object.values(await cluster(decisions))) {
      const continued = mostOf(found, ofKind(third))
      expect(share(found, continued, isMoved)).toBeGreaterThan(0.9)
      // And those of the kind that nobody moved follow.
      expect(share(found, continued, ofKind(kind))).toBeGreaterThan(0.8)
    }
  })

  it('puts images with a label where their class is, against what it found by itself', async () => {
    const { third, isMoved, target } = findGroup()
    const decisions = {
      humanLabels: alone.clusters.map((_, image) => (isMoved(image) ? target : -1)),
      // Each cluster was mapped to a class of its own.
      knownClasses: alone.clusters.map((found, image) => (isMoved(image) ? target : found)),
    }
    for (const found of Object.values(await cluster(decisions)))
      expect(share(found, mostOf(found, ofKind(third)), isMoved)).toBeGreaterThan(0.9)
  })
})
