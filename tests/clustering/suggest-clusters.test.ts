import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { rowsOf } from '#engine/clustering/embeddings.ts'
import { suggestClusterCounts } from '#engine/clustering/suggest-clusters.ts'
import { say } from '#shared/said.ts'
import { blobs, noise } from './synthetic.ts'

const countsOf = (suggestions: Awaited<ReturnType<typeof suggestClusterCounts>>): number[] =>
  suggestions.map((suggestion) => suggestion.clusterCount)

describe('suggested numbers of clusters', () => {
  it.each([
    [3, 4],
    [7, 8],
    [12, 16],
  ])('are led by the number of separate blobs: %i', async (kinds, dimension) => {
    const { embeddings } = blobs(
      Array.from({ length: kinds }, (_, kind) => 40 + 3 * kind),
      dimension,
      0.15,
      kinds,
    )
    const [first, ...others] = await suggestClusterCounts(embeddings, 1)
    expect(Math.abs(first.clusterCount - kinds)).toBeLessThanOrEqual(Math.round(kinds / 6))
    expect(first.reason.text).toMatch(/distinct/)
    expect(new Set([first.clusterCount, ...countsOf(others)]).size).toBe(1 + others.length)
  })

  it('come as suggested, fewer, more, each with a reason and a score', async () => {
    const { embeddings } = blobs([50, 50, 50, 50, 50, 50], 8, 0.2, 2)
    const suggestions = await suggestClusterCounts(embeddings, 1)
    const [first, fewer, more] = countsOf(suggestions)
    expect(suggestions).toHaveLength(3)
    expect(fewer).toBeLessThan(first)
    expect(more).toBeGreaterThan(first)
    for (const { reason, score } of suggestions) {
      expect(reason.text).toMatch(/^[A-Z].*\.$/)
      expect(score >= 0 && score <= 1).toBe(true)
    }
  })

  it('are the same for the same seed, and whatever the scale', async () => {
    const { embeddings } = blobs([60, 40, 50], 6, 0.3, 5)
    const first = await suggestClusterCounts(embeddings, 4)
    expect(await suggestClusterCounts(embeddings, 4)).toEqual(first)
    const doubled = { ...embeddings, values: embeddings.values.map((value) => 4 * value) }
    expect(await suggestClusterCounts(doubled, 4)).toEqual(first)
  })

  it('are of the right order for the pixels of the sample, which has ten classes', async () => {
    const folder = new URL('../../resources/samples/fashion-mnist-1000/', import.meta.url)
    const names = readdirSync(folder)
      .filter((name) => name.endsWith('.png'))
      .sort()
    const pixels = await Promise.all(
      names.map((name) =>
        sharp(fileURLToPath(new URL(name, folder)))
          .resize(16, 16)
          .greyscale()
          .raw()
          .toBuffer(),
      ),
    )
    const values = Float32Array.from(Buffer.concat(pixels), (value) => value / 255)
    const [first] = await suggestClusterCounts({ values, count: names.length, dimension: 256 }, 1)
    expect(first.clusterCount).toBeGreaterThanOrEqual(5)
    expect(first.clusterCount).toBeLessThanOrEqual(20)
  })

  it('say so where nothing stands out', async () => {
    const [first] = await suggestClusterCounts(noise(400, 20, 1), 1)
    expect(first.reason.text).toMatch(/^No number of clusters stands out/)
    expect(first.clusterCount).toBe(10)
  })

  it('stay from 2 to half the images for any few images', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 24 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 999 }),
        async (count, dimension, seed) => {
          const suggestions = await suggestClusterCounts(noise(count, dimension, seed), seed)
          expect(suggestions.length).toBeGreaterThan(0)
          for (const { clusterCount, score } of suggestions) {
            expect(clusterCount).toBeGreaterThanOrEqual(2)
            expect(clusterCount).toBeLessThanOrEqual(Math.max(2, Math.floor(count / 2)))
            expect(Number.isFinite(score)).toBe(true)
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  it('are 2 alone for 2, 3 and 5 images, and where all images are equal', async () => {
    for (const count of [2, 3, 5]) expect(countsOf(await suggestClusterCounts(noise(count, 4, count), 1))).toEqual([2])
    const same = rowsOf(noise(1, 4, 1), new Int32Array(50))
    expect(await suggestClusterCounts(same, 1)).toEqual([{ clusterCount: 2, score: 0, reason: say('suggestedAlike') }])
  })

  it('are no more than the different images there are', async () => {
    const repeated = rowsOf(
      noise(4, 6, 1),
      Array.from({ length: 80 }, (_, row) => row % 4),
    )
    expect(countsOf(await suggestClusterCounts(repeated, 1))[0]).toBe(4)
    expect(Math.max(...countsOf(await suggestClusterCounts(repeated, 1)))).toBeLessThanOrEqual(4)
  })

  it('tell how far they are and stop when asked', async () => {
    const ratios: number[] = []
    await suggestClusterCounts(noise(30, 4, 1), 1, { onProgress: (ratio) => ratios.push(ratio) })
    expect(ratios).toEqual([...ratios].sort((a, b) => a - b))
    expect(ratios.every((ratio) => ratio >= 0 && ratio <= 1)).toBe(true)
    await expect(suggestClusterCounts(noise(30, 4, 1), 1, { signal: { aborted: true } })).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('refuse a single image and values that are not numbers', async () => {
    await expect(suggestClusterCounts(noise(1, 4, 1), 1)).rejects.toMatchObject({ code: 'TOO_FEW_IMAGES' })
    const values = noise(20, 4, 1).values
    values[7] = Number.POSITIVE_INFINITY
    await expect(suggestClusterCounts({ values, count: 20, dimension: 4 }, 1)).rejects.toMatchObject({ code: 'BAD_INPUT' })
  })

  it('need no TensorFlow', () => {
    const program = `
      import { registerHooks } from 'node:module'
      registerHooks({ resolve(name, context, next) { if (name.includes('tensorflow')) throw new Error(name); return next(name, context) } })
      const { suggestClusterCounts } = await import('#engine/clustering/suggest-clusters.ts')
      const values = Float32Array.from({ length: 40 }, (_, index) => Math.sin(index * index))
      console.log((await suggestClusterCounts({ values, count: 20, dimension: 2 }, 1)).length > 0)`
    expect(execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' }).trim()).toBe('true')
  })
})
