import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { applyTones, type ToneOperations } from '#engine/ml/augmentations/tone-tables.ts'
import { availableBackends, useBackend } from '../../backends.ts'
import { greatestDifference, mapPixels, type Pixels, tinyImages, toTensor } from './tiny-images.ts'

const batch = 5
const side = 20

function tones(changes: Partial<Record<keyof ToneOperations, number[]>>): ToneOperations {
  const row = (name: keyof ToneOperations, nothing: number): Float32Array =>
    Float32Array.from(changes[name] ?? new Array<number>(batch).fill(nothing))
  return {
    darken: row('darken', 0),
    flatten: row('flatten', 0),
    autocontrast: row('autocontrast', 0),
    equalize: row('equalize', 0),
    solarizeFrom: row('solarizeFrom', 256),
    posterizeStep: row('posterizeStep', 1),
  }
}

const images: Pixels = tinyImages(batch, side, 7)
// One image of a single value, and one of two values.
for (const row of images[3]!) for (const pixel of row) pixel.fill(93)
for (const [y, row] of images[4]!.entries()) for (const pixel of row) pixel.fill(y < 3 ? 10 : 240)

const channelValues = (image: number, channel: number): number[] => images[image]!.flat().map((pixel) => pixel[channel]!)

function slowHistogram(image: number, channel: number): number[] {
  const counts = new Array<number>(256).fill(0)
  for (const value of channelValues(image, channel)) counts[value]!++
  return counts
}

/** PIL's ImageOps.equalize as its documentation has it: one look-up table a channel. */
function slowEqualizeTable(histogram: number[]): number[] {
  const filled = histogram.filter((count) => count > 0)
  const identity = histogram.map((_, value) => value)
  if (filled.length <= 1) return identity
  const step = Math.floor((histogram.reduce((sum, count) => sum + count, 0) - filled.at(-1)!) / 255)
  if (step === 0) return identity
  let n = Math.floor(step / 2)
  const table: number[] = []
  for (const count of histogram) {
    table.push(Math.min(255, Math.floor(n / step)))
    n += count
  }
  return table
}

const tables = Array.from({ length: batch }, (_, image) => [0, 1, 2].map((channel) => slowEqualizeTable(slowHistogram(image, channel))))

describe.each(await availableBackends())('tones on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  const apply = (operations: ToneOperations): tf.Tensor4D => tf.tidy(() => applyTones(toTensor(images), operations))

  it('do nothing where there is nothing to do, exactly', async () => {
    expect(await greatestDifference(apply(tones({})), images)).toBe(0)
  })

  it('autocontrast: exactly the loop; a channel of one value stays', async () => {
    const expected = mapPixels(images, (value, image, _, __, channel) => {
      const values = channelValues(image, channel)
      const [low, high] = [Math.min(...values), Math.max(...values)]
      return high === low ? value : Math.floor((255 * (value - low)) / (high - low))
    })
    expect(await greatestDifference(apply(tones({ autocontrast: [1, 1, 1, 1, 1] })), expected)).toBe(0)
  })

  it('equalize: exactly PIL', async () => {
    const expected = mapPixels(images, (value, image, _, __, channel) => tables[image]![channel]![value]!)
    expect(expected.flat(3)).not.toEqual(images.flat(3))
    expect(await greatestDifference(apply(tones({ equalize: [1, 1, 1, 1, 1] })), expected)).toBe(0)
  })

  it('solarize and posterize: exactly PIL', async () => {
    const from = [0, 64.5, 128, 93, 256]
    const solarized = mapPixels(images, (value, image) => (value < from[image]! ? value : 255 - value))
    expect(await greatestDifference(apply(tones({ solarizeFrom: from })), solarized)).toBe(0)
    const bits = [4, 5, 6, 7, 8]
    const posterized = mapPixels(images, (value, image) => value & ~(2 ** (8 - bits[image]!) - 1))
    expect(await greatestDifference(apply(tones({ posterizeStep: bits.map((count) => 2 ** (8 - count)) })), posterized)).toBe(0)
  })

  it('brightness within 1 level and contrast within 2 of PIL, which cuts where we round', async () => {
    const factors = [0.05, 0.3, 0.5, 0.77, 0.95]
    const shares = factors.map((factor) => 1 - factor)
    const darkened = mapPixels(images, (value, image) => Math.floor(value * factors[image]!))
    expect(await greatestDifference(apply(tones({ darken: shares })), darkened)).toBeLessThanOrEqual(1)
    const grey = images.map((rows) => {
      const luma = rows.flat().map(([red, green, blue]) => Math.floor((19595 * red! + 38470 * green! + 7471 * blue! + 0x8000) / 65536))
      return Math.floor(luma.reduce((sum, value) => sum + value, 0) / luma.length + 0.5)
    })
    const flattened = mapPixels(images, (value, image) => Math.trunc(grey[image]! + factors[image]! * (value - grey[image]!)))
    expect(await greatestDifference(apply(tones({ flatten: shares })), flattened)).toBeLessThanOrEqual(2)
  })

  it('an image keeps its own operation: the others of the batch change nothing', async () => {
    const mixed = apply(
      tones({
        autocontrast: [1, 0, 0, 0, 0],
        equalize: [0, 1, 0, 0, 0],
        solarizeFrom: [256, 256, 100, 256, 256],
        posterizeStep: [1, 1, 1, 16, 1],
      }),
    )
    const expected = mapPixels(images, (value, image, _, __, channel) => {
      const values = channelValues(image, channel)
      const low = Math.min(...values)
      if (image === 0) return Math.floor((255 * (value - low)) / (Math.max(...values) - low))
      if (image === 1) return tables[1]![channel]![value]!
      if (image === 2) return value < 100 ? value : 255 - value
      return image === 3 ? value - (value % 16) : value
    })
    expect(await greatestDifference(mixed, expected)).toBe(0)
  })
})
