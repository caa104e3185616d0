import { beforeAll, describe, expect, it } from 'vitest'
import { createShareReports } from '#engine/training/cluster-shares.ts'
import { StageStopped } from '#engine/training/run-context.ts'
import { clusterOfSeries, shareSeriesOf } from '#shared/cluster-shares.ts'
import type { StageName } from '#shared/jobs.ts'
import { standard } from '#shared/recipes/standard.ts'
import type { StageResult } from '#shared/worker-protocol.ts'
import { availableBackends, useBackend } from '../backends.ts'
import { imagesOfKinds } from './images-of-kinds.ts'
import { type MemoryFiles, type MemoryHost, type MemoryRun, memoryHost, runInMemory, smallRecipe } from './run-in-memory.ts'

type Report = Readonly<{ step: number; shares: readonly number[] }>

/** What was told of sizes, in order. */
function reportsOf({ rows }: MemoryHost): Report[] {
  return rows.flatMap(({ step, values }) => {
    const named = Object.entries(values).flatMap(([name, value]) => {
      const cluster = clusterOfSeries(name)
      return cluster === null ? [] : [{ cluster, value }]
    })
    return named.length === 0
      ? []
      : [{ step, shares: named.toSorted((one, other) => one.cluster - other.cluster).map(({ value }) => value) }]
  })
}

function sharesOf(result: StageResult, clusterCount: number): number[] {
  if (!('clustering' in result)) throw new Error('This stage clusters nothing.')
  const { clusters } = result.clustering
  return Array.from({ length: clusterCount }, (_, cluster) => clusters.filter((each) => each === cluster).length / clusters.length)
}

it('names the series of a cluster so that it is found again', () => {
  expect([0, 7, 99].map((cluster) => clusterOfSeries(shareSeriesOf(cluster)))).toEqual([0, 7, 99])
  expect(clusterOfSeries('loss')).toBeNull()
})

describe('reports of sizes', () => {
  const said = [[0, 0, 1], [2], [], [1, 1, 1, 0], [2, 0]]

  it('count what was said since the last, and the last step is told', () => {
    const host = memoryHost()
    const reports = createShareReports(3, said.length, 3, host)
    for (const [step, clusters] of said.entries()) reports.add(step, clusters)
    expect(reportsOf(host)).toEqual([
      { step: 2, shares: [2 / 4, 1 / 4, 1 / 4] },
      { step: 4, shares: [1 / 4, 3 / 4, 0] },
      { step: 5, shares: [1 / 2, 0, 1 / 2] },
    ])
  })

  it('go on from a state with what was counted', () => {
    const [whole, first, second] = [memoryHost(), memoryHost(), memoryHost()]
    const uninterrupted = createShareReports(3, said.length, 3, whole)
    for (const [step, clusters] of said.entries()) uninterrupted.add(step, clusters)
    const before = createShareReports(3, said.length, 3, first)
    for (const step of [0, 1, 2]) before.add(step, said[step]!)
    const after = createShareReports(3, said.length, 3, second)
    after.restore(JSON.parse(JSON.stringify(before.state())))
    for (const step of [3, 4]) after.add(step, said[step]!)
    expect([...reportsOf(first), ...reportsOf(second)]).toEqual(reportsOf(whole))
  })
})

describe('the stages that cluster', () => {
  const [side, clusterCount, imageCount] = [16, 3, 90]
  const { pixels } = imagesOfKinds(3, imageCount / 3, side, 8)
  const runOf = (changes: Parameters<typeof smallRecipe>[4] = {}): MemoryRun => ({
    pixels,
    side,
    clusterCount,
    seed: 3,
    recipe: smallRecipe(standard, imageCount, clusterCount, side, changes),
  })
  const files: MemoryFiles = new Map()
  beforeAll(async () => {
    const [backend] = await availableBackends()
    await useBackend(backend!)
    for (const stage of ['pretrain', 'embed'] as const) await runInMemory(stage, runOf(), memoryHost({ files }))
  })

  const expectShares = (reports: readonly Report[]): void => {
    for (const { shares } of reports) {
      expect(shares).toHaveLength(clusterCount)
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(0)
    }
  }

  it('self tells sizes at its start and of all images at the end of each epoch, the last those of its result', async () => {
    const run = runOf({ self: { epochs: 3, start: 'k-means', repairEmpty: false } })
    const host = memoryHost({ files: new Map(files) })
    const result = await runInMemory('self', run, host)
    const reports = reportsOf(host)
    expect(reports).toHaveLength(4)
    expect(reports[0]!.step).toBe(0)
    expectShares(reports)
    const best = host.rows.filter(({ values }) => values.headLoss !== undefined)
    const chosen = best.findLastIndex(({ values }) => values.headLoss === Math.min(...best.map((row) => row.values.headLoss!)))
    expect(reports[chosen + 1]!.shares).toEqual(sharesOf(result, clusterCount))
  })

  it('self tells sizes within an epoch of a set that is too large for one set of pseudo-labels', async () => {
    const host = memoryHost({ files: new Map(files) })
    await runInMemory('self', runOf({ self: { epochs: 2, pseudoBatchSize: 30 } }), host)
    const reports = reportsOf(host)
    // The start, and of each epoch two sets after its first and its end.
    expect(reports).toHaveLength(1 + 2 * 3)
    expect(reports.map(({ step }) => step)).toEqual([...new Set(reports.map(({ step }) => step))].toSorted((a, b) => a - b))
    expectShares(reports)
  })

  it('semi tells what it says of unlabelled images, the same when it is stopped on the way', async () => {
    const run = runOf({ semi: { steps: 120 } })
    const mine: MemoryFiles = new Map(files)
    for (const stage of ['self', 'reliable'] satisfies StageName[]) await runInMemory(stage, run, memoryHost({ files: mine }))
    const whole = memoryHost({ files: new Map(mine) })
    await runInMemory('semi', run, whole)
    const reports = reportsOf(whole)
    expect(reports.map(({ step }) => step)).toEqual(Array.from({ length: 40 }, (_, index) => 3 * (index + 1)))
    expectShares(reports)
    const first = memoryHost({ files: mine, stop: (step) => step >= 61 })
    await expect(runInMemory('semi', run, first)).rejects.toBeInstanceOf(StageStopped)
    const second = memoryHost({ files: mine })
    await runInMemory('semi', run, second)
    expect([...reportsOf(first), ...reportsOf(second)]).toEqual(reports)
  })
})
