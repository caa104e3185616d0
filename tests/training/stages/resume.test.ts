import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { runFiles, StageStopped } from '#engine/training/run-context.ts'
import type { StageName } from '#shared/jobs.ts'
import { faithful } from '#shared/recipes/faithful.ts'
import type { RecipeOverrides } from '#shared/recipes/recipe.ts'
import { standard } from '#shared/recipes/standard.ts'
import { availableBackends, useBackend } from '../../backends.ts'
import { imagesOfKinds } from '../images-of-kinds.ts'
import { type MemoryFiles, type MemoryRun, memoryHost, runInMemory, smallRecipe } from '../run-in-memory.ts'

const [backend] = await availableBackends()
const side = 16
const clusterCount = 3
const { pixels } = imagesOfKinds(3, 12, side, 5)
const imageCount = 36

const runOf = (recipe: typeof standard, changes: RecipeOverrides = {}, seed = 1): MemoryRun => ({
  pixels,
  side,
  clusterCount,
  seed,
  recipe: smallRecipe(recipe, imageCount, clusterCount, side, changes),
})

const resultFile: Readonly<Record<StageName, string>> = {
  pretrain: runFiles.pretrained,
  embed: runFiles.embedding,
  self: runFiles.self,
  reliable: runFiles.reliable,
  semi: runFiles.semi,
}

/** Files after all stages before this one. */
async function before(stage: StageName, run: MemoryRun): Promise<MemoryFiles> {
  const files: MemoryFiles = new Map()
  const order: StageName[] = ['pretrain', 'embed', 'self', 'reliable', 'semi']
  for (const earlier of order.slice(0, order.indexOf(stage))) await runInMemory(earlier, run, memoryHost({ files }))
  return files
}

const kMeans10: RecipeOverrides = { self: { epochs: 1, repeats: 5, cachedViews: 2 } }
const freshDrifting: RecipeOverrides = { self: { epochs: 2, repeats: 3 } }
const freshFrozen: RecipeOverrides = { self: { epochs: 2, repeats: 3, cachedViews: 0 } }

const cases: { title: string; stage: StageName; run: MemoryRun; stops: number[] }[] = [
  { title: 'pretrain', stage: 'pretrain', run: runOf(standard, { pretrain: { epochs: 5 } }), stops: [5] },
  { title: 'self, cached views', stage: 'self', run: runOf(standard, kMeans10), stops: [5] },
  {
    title: 'self, fresh views, frozen statistics, human placements',
    stage: 'self',
    run: withPlacements(runOf(standard, freshFrozen)),
    stops: [5, 8],
  },
  { title: 'self, fresh views, drifting statistics', stage: 'self', run: runOf(faithful, freshDrifting), stops: [4, 6] },
  { title: 'semi, adaptive threshold, pretrained start', stage: 'semi', run: runOf(standard), stops: [5] },
  {
    title: 'semi, fixed threshold, random start',
    stage: 'semi',
    run: runOf(standard, { semi: { threshold: 'fixed', start: 'random', confidenceThreshold: 0.4 } }),
    stops: [5],
  },
]

function withPlacements(run: MemoryRun): MemoryRun {
  const humanClusters = new Int32Array(imageCount).fill(-1)
  humanClusters.set([0, 1, 2, 0])
  return { ...run, humanClusters }
}

describe.each(cases)('$title', ({ stage, run, stops }) => {
  let files: MemoryFiles
  let whole: Uint8Array
  beforeAll(async () => {
    await useBackend(backend!)
    files = await before(stage, run)
  })

  it('leaves no tensor, over steps and at the end', async () => {
    const atStart = tf.memory().numTensors
    const mine: MemoryFiles = new Map(files)
    const host = memoryHost({ files: mine, tickMs: 10_000 })
    await runInMemory(stage, run, host)
    expect(tf.memory().numTensors).toBe(atStart)
    // SPICE-Self keeps the four tensors of its best head from the first epoch's end on.
    const counts = host.tensorCounts
    const mayKeep = stage === 'self' ? 4 : 0
    expect(counts.length).toBeGreaterThanOrEqual(10)
    expect(counts.every((count) => count === counts[0] || count === counts[0]! + mayKeep)).toBe(true)
    expect([...mine.keys()].some((name) => name.startsWith('checkpoint'))).toBe(false)
    whole = mine.get(resultFile[stage])!
  })

  it('gives the same bytes again, and others for another seed', async () => {
    const [again, other]: MemoryFiles[] = [new Map(files), new Map(files)]
    await runInMemory(stage, run, memoryHost({ files: again! }))
    expect(again!.get(resultFile[stage])).toEqual(whole)
    await runInMemory(stage, { ...run, seed: 2 }, memoryHost({ files: other! }))
    expect(other!.get(resultFile[stage])).not.toEqual(whole)
  })

  it.each(stops)('stopped at step %i and resumed equals not stopped, byte for byte, without a tensor left', async (stopStep) => {
    const atStart = tf.memory().numTensors
    const mine: MemoryFiles = new Map(files)
    const first = memoryHost({ files: mine, stop: (step) => step >= stopStep })
    await expect(runInMemory(stage, run, first)).rejects.toMatchObject(new StageStopped(stopStep))
    expect(first.losses.length).toBe(stopStep)
    expect(mine.has(resultFile[stage])).toBe(false)
    expect(tf.memory().numTensors).toBe(atStart)
    const second = memoryHost({ files: mine })
    await runInMemory(stage, run, second)
    expect(second.logs.join()).toContain(`step ${stopStep} of`)
    expect(mine.get(resultFile[stage])).toEqual(whole)
    expect(tf.memory().numTensors).toBe(atStart)
  })

  it('stopped at any look and resumed equals not stopped', async () => {
    const polls = { count: 0 }
    await runInMemory(
      stage,
      run,
      memoryHost({
        files: new Map(files),
        stop: (_, poll) => {
          polls.count = poll + 1
          return false
        },
      }),
    )
    for (const place of [0.3, 0.95]) {
      const stopPoll = Math.floor(polls.count * place)
      const mine: MemoryFiles = new Map(files)
      const host = memoryHost({ files: mine, stop: (_, poll) => poll === stopPoll })
      await expect(runInMemory(stage, run, host)).rejects.toBeInstanceOf(StageStopped)
      await runInMemory(stage, run, memoryHost({ files: mine }))
      expect(mine.get(resultFile[stage])).toEqual(whole)
    }
  })
})
