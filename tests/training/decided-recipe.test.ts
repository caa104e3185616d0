import { beforeAll, describe, expect, it } from 'vitest'
import { decidedRecipe, decideRecipe } from '#engine/training/decided-recipe.ts'
import { imagesInMemory } from '#engine/training/image-source.ts'
import { recipeNamed } from '#shared/recipes/index.ts'
import { type ResolvedRecipe, resolveRecipe } from '#shared/recipes/recipe.ts'
import { availableBackends, useBackend } from '../backends.ts'
import { type MemoryFiles, memoryHost } from './run-in-memory.ts'

const [backend] = await availableBackends()
const side = 16
const facts = { imageCount: 100, clusterCount: 4, imageSize: side }

/** A bright left side and a dark right one, with some noise: never the other way round. */
const onesided = (): Uint8Array =>
  Uint8Array.from({ length: 100 * side * side * 3 }, (_, place) => {
    const x = Math.floor(place / 3) % side
    return (x < side / 2 ? 180 : 40) + ((place * 7919) % 50)
  })

function recipeOf(pretrain: Record<string, string>): ResolvedRecipe {
  return resolveRecipe(recipeNamed('standard'), facts, { pretrain })
}

describe('what a run decides before it begins', () => {
  beforeAll(() => useBackend(backend!))

  it('mirrors nothing, in no stage, where mirror images show something else; says why; and keeps to it', async () => {
    const files: MemoryFiles = new Map()
    const host = memoryHost({ files })
    const recipe = recipeOf({ mirror: 'auto', precision: 'float32' })
    const decided = await decideRecipe(recipe, imagesInMemory(onesided(), side), 1, host)
    expect(decided.pretrain.flipProbability).toBe(0)
    expect(decided.embed.mirror).toBe(false)
    expect(decided.self.flipProbability).toBe(0)
    expect(decided.semi.flipProbability).toBe(0)
    expect(host.logs).toEqual([expect.stringMatching(/^Mirror images are not used: \d+ % of the mirror images/)])
    // Later stages, and images from outside, meet the same recipe without looking again.
    const none = imagesInMemory(new Uint8Array(), side)
    expect(await decideRecipe(recipe, none, 1, memoryHost({ files }))).toEqual(decided)
    expect(decidedRecipe(recipe, host.files)).toEqual(decided)
  })

  it('leaves a recipe alone that leaves nothing open', async () => {
    const recipe = recipeOf({ mirror: 'always', precision: 'float32' })
    const host = memoryHost()
    expect(await decideRecipe(recipe, imagesInMemory(onesided(), side), 1, host)).toEqual(recipe)
    expect(host.logs).toEqual([])
    expect(
      (await decideRecipe(recipeOf({ mirror: 'never', precision: 'float32' }), imagesInMemory(onesided(), side), 1, host)).semi,
    ).toMatchObject({
      flipProbability: 0,
    })
  })

  it('knows a recipe of before there were such settings: half of the views were mirrored', () => {
    const { mirror, precision, ...pretrain } = recipeOf({})!.pretrain
    const { flipProbability, ...semi } = recipeOf({}).semi
    const old = { ...recipeOf({}), pretrain, semi } as unknown as ResolvedRecipe
    const decided = decidedRecipe(old, memoryHost().files)
    expect(decided.pretrain).toMatchObject({ precision: 'float32', flipProbability: 0.5 })
    expect(decided.semi.flipProbability).toBe(0.5)
    expect([mirror, precision, flipProbability]).toHaveLength(3)
  })

  it('decides on bfloat16 only where a test of it ran, once', async () => {
    const files: MemoryFiles = new Map()
    const host = { ...memoryHost({ files }), now: () => performance.now(), mayHaveBfloat16: () => true }
    const recipe = recipeOf({ mirror: 'always', precision: 'auto' })
    const source = imagesInMemory(onesided(), side)
    const { precision } = (await decideRecipe(recipe, source, 1, host)).pretrain
    expect(['float32', 'bfloat16']).toContain(precision)
    if (precision === 'bfloat16') expect(host.logs).toEqual([expect.stringMatching(/^Precision: bfloat16\. In the self-test/)])
    const again = memoryHost({ files })
    expect((await decideRecipe(recipe, source, 1, again)).pretrain.precision).toBe(precision)
    expect(again.logs).toEqual([])
  })
})
