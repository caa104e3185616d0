import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Embeddings, toUnitRows } from '#engine/clustering/embeddings.ts'
import { createRandom } from '#engine/ml/random.ts'
import type { Encoder } from '#engine/training/encoders/encoder.ts'
import { computeViewFeatures, loadViewFeatures } from '#engine/training/encoders/view-features.ts'
import { imagesInMemory } from '#engine/training/image-source.ts'
import { memoryFiles } from '#engine/training/memory-files.ts'
import { defaultsOf } from '#shared/settings.ts'
import { embedSettings } from '#shared/stages/embed.ts'
import { useBackend } from '../../backends.ts'

const count = 37
const side = 8
const random = createRandom(3)
const source = imagesInMemory(
  Uint8Array.from({ length: count * side * side * 3 }, () => random.integer(256)),
  side,
)

/** The mean of each colour, noting how many images came together. */
function meanColours(sidePx: number, batches: number[]): Encoder {
  return {
    name: 'colours',
    featureCount: 3,
    sidePx,
    async encode(images) {
      batches.push(images.shape[0])
      const mean = tf.mean(images, [1, 2])
      const values = (await mean.data()) as Float32Array
      mean.dispose()
      return values
    },
    dispose: () => undefined,
  }
}

async function compute(sidePx: number, batchSize: number): Promise<{ batches: number[]; features: Float32Array }> {
  const batches: number[] = []
  const files = memoryFiles()
  const settings = { ...defaultsOf(embedSettings), batchSize, mirror: false }
  const host = { files, now: () => 0, shouldStop: () => false, progress: () => undefined }
  await computeViewFeatures([meanColours(sidePx, batches)], source, settings, host)
  return { batches, features: loadViewFeatures(['colours'], settings, files, count).embeddings.values }
}

/** One view of one encoder, of any length. */
function anyFeatures(dimension: number): Embeddings {
  return { values: Float32Array.from({ length: count * dimension }, () => random.normal()), count, dimension }
}

function beside(parts: readonly Embeddings[]): Embeddings {
  const rows = Array.from({ length: count }, (_, row) =>
    parts.flatMap(({ values, dimension }) => [...values.subarray(row * dimension, (row + 1) * dimension)]),
  )
  return { values: Float32Array.from(rows.flat()), count, dimension: rows[0]!.length }
}

describe('features of encoders that stay as they are', () => {
  beforeAll(() => useBackend('tensorflow-wheel'))

  it.each([
    [224, 4],
    [128, 12],
    [32, 32],
    [512, 1],
  ])('takes images of %i px %i at a time, so that memory stays bounded', async (sidePx, expected) => {
    const { batches } = await compute(sidePx, 256)
    expect(Math.max(...batches)).toBe(expected)
    expect(batches.reduce((sum, size) => sum + size, 0)).toBe(count)
  })

  it('takes fewer where the settings say so, with the same result', async () => {
    const [few, many] = [await compute(32, 5), await compute(32, 256)]
    expect(Math.max(...few.batches)).toBe(5)
    for (const [place, value] of few.features.entries()) expect(value).toBeCloseTo(many.features[place]!, 6)
  })

  it('gives each encoder the same weight in each view, and in the mean of both', () => {
    const parts = { few: [anyFeatures(3), anyFeatures(3)], many: [anyFeatures(7), anyFeatures(7)] }
    const kept = new Map<string, Uint8Array>()
    const files = memoryFiles(kept)
    // Once at an odd place in memory, as a file may be read.
    for (const [name, views] of Object.entries(parts))
      for (const [place, { values }] of views.entries())
        kept.set(`features-${name}-${['plain', 'mirrored'][place]}.f32`, shifted(values, place))
    const { views, embeddings } = loadViewFeatures(['few', 'many'], { ...defaultsOf(embedSettings), mirror: true }, files, count)
    for (const place of [0, 1]) {
      const expected = toUnitRows(beside(Object.values(parts).map((of) => toUnitRows(of[place]!))))
      expect(views[place]).toEqual(expected)
    }
    const means = Object.values(parts).map(([first, second]) =>
      toUnitRows({ ...first!, values: first!.values.map((value, place) => (value + second!.values[place]!) / 2) }),
    )
    expect(embeddings).toEqual(toUnitRows(beside(means)))
  })
})

function shifted(values: Float32Array, by: number): Uint8Array {
  const bytes = new Uint8Array(values.byteLength + by)
  bytes.set(new Uint8Array(values.buffer), by)
  return bytes.subarray(by)
}
