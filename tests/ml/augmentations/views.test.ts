import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { applyMocoView, drawMocoView, type MocoViewOptions } from '#engine/ml/augmentations/moco.ts'
import { normalizeImages } from '#engine/ml/augmentations/normalize.ts'
import { applyStrongView, drawStrongView, type StrongView } from '#engine/ml/augmentations/strong.ts'
import { applyWeakView, drawWeakView } from '#engine/ml/augmentations/weak.ts'
import { createRandom } from '#engine/ml/random.ts'
import { availableBackends, useBackend } from '../../backends.ts'
import { greatestDifference, mapPixels, type Pixels, tinyImages, toTensor } from './tiny-images.ts'

const side = 12
const batch = 8
const channelMean = [0.485, 0.456, 0.406]
const channelDeviation = [0.229, 0.224, 0.225]
const slowNormalize = (pixels: Pixels): Pixels =>
  mapPixels(pixels, (value, _, __, ___, channel) => (value / 255 - channelMean[channel]!) / channelDeviation[channel]!)
/** Normalised values to about 3, of float32. */
const tolerance = 2e-6
const lowest = Math.min(...channelMean.map((mean, channel) => -mean / channelDeviation[channel]!)) - 1e-4
const highest = Math.max(...channelMean.map((mean, channel) => (1 - mean) / channelDeviation[channel]!)) + 1e-4

const moco: MocoViewOptions = {
  cropScaleMin: 0.2,
  jitterStrength: 0.4,
  hueStrength: 0.1,
  jitterProbability: 0.8,
  grayscaleProbability: 0.2,
  blurProbability: 0.5,
  flipProbability: 0.5,
}
const still: MocoViewOptions = {
  ...moco,
  cropScaleMin: 1,
  jitterProbability: 0,
  grayscaleProbability: 0,
  blurProbability: 0,
  flipProbability: 0,
}
const scan = { form: 'scan', operationCount: 4, cutoutRatio: 0.5, cropPadding: 4, flipProbability: 0.5 } as const
const fixmatch = { form: 'fixmatch', operationCount: 3, cutoutRatio: 0.5, cropPadding: 4, flipProbability: 0.5 } as const

/** A strong view that changes nothing but what is given. */
function quietStrong(form: StrongView['form'], changes: Partial<StrongView> = {}): StrongView {
  const row = (): Float32Array => new Float32Array(batch)
  return {
    form,
    shift: { shiftDown: row(), shiftRight: row(), flip: row() },
    rounds: [],
    hole: { top: row(), bottom: row(), left: row(), right: row() },
    ...changes,
  }
}

describe.each(await availableBackends())('views on %s', (backend) => {
  beforeAll(() => useBackend(backend))
  const images = tinyImages(batch, side, 1)

  it('normalise by ImageNet, like the loop', async () => {
    expect(
      await greatestDifference(
        tf.tidy(() => normalizeImages(toTensor(images))),
        slowNormalize(images),
      ),
    ).toBeLessThan(tolerance)
  })

  it('without any chance are the normalised image', async () => {
    const expected = slowNormalize(images)
    const noShift = { shiftDown: new Float32Array(batch), shiftRight: new Float32Array(batch), flip: new Float32Array(batch) }
    for (const view of [
      () => applyMocoView(toTensor(images), drawMocoView(createRandom(1), batch, side, still)),
      () => applyWeakView(toTensor(images), noShift),
      () => applyStrongView(toTensor(images), quietStrong('scan')),
      () => applyStrongView(toTensor(images), quietStrong('fixmatch')),
    ])
      expect(await greatestDifference(tf.tidy(view), expected)).toBeLessThan(tolerance)
  })

  it('the weak view equals the loop: pad, crop, mirror, normalise', async () => {
    const view = drawWeakView(createRandom(6), batch, 4, 0.5)
    const moved = mapPixels(images, (_, image, y, x, channel) => {
      const column = (view.flip[image] ? side - 1 - x : x) + view.shiftRight[image]!
      return images[image]![y + view.shiftDown[image]!]?.[column]?.[channel] ?? 0
    })
    expect(
      await greatestDifference(
        tf.tidy(() => applyWeakView(toTensor(images), view)),
        slowNormalize(moved),
      ),
    ).toBeLessThan(tolerance)
  })

  it('the hole is zero after normalising in "scan", grey 125, 123, 114 before it in "fixmatch"', async () => {
    const hole = {
      top: Float32Array.from([0, 2, 5, 0, 0, 3, 11, 0]),
      bottom: Float32Array.from([4, 6, 12, 12, 0, 3, 12, 1]),
      left: Float32Array.from([0, 1, 6, 0, 0, 2, 11, 11]),
      right: Float32Array.from([4, 5, 12, 12, 5, 9, 12, 12]),
    }
    const isIn = (image: number, y: number, x: number): boolean =>
      y >= hole.top[image]! && y < hole.bottom[image]! && x >= hole.left[image]! && x < hole.right[image]!
    const zeros = mapPixels(slowNormalize(images), (value, image, y, x) => (isIn(image, y, x) ? 0 : value))
    expect(
      await greatestDifference(
        tf.tidy(() => applyStrongView(toTensor(images), quietStrong('scan', { hole }))),
        zeros,
      ),
    ).toBeLessThan(tolerance)
    const grey = slowNormalize(mapPixels(images, (value, image, y, x, channel) => (isIn(image, y, x) ? [125, 123, 114][channel]! : value)))
    expect(
      await greatestDifference(
        tf.tidy(() => applyStrongView(toTensor(images), quietStrong('fixmatch', { hole }))),
        grey,
      ),
    ).toBeLessThan(tolerance)
  })

  it.each([
    ['MoCo', (seed: number, input: tf.Tensor4D) => applyMocoView(input, drawMocoView(createRandom(seed), batch, side, moco))],
    ['weak', (seed: number, input: tf.Tensor4D) => applyWeakView(input, drawWeakView(createRandom(seed), batch, 4, 0.5))],
    ['strong, scan', (seed: number, input: tf.Tensor4D) => applyStrongView(input, drawStrongView(createRandom(seed), batch, side, scan))],
    [
      'strong, FixMatch',
      (seed: number, input: tf.Tensor4D) => applyStrongView(input, drawStrongView(createRandom(seed), batch, side, fixmatch)),
    ],
  ])('%s: same seed same values, another seed others; shape kept, values within the normalised range, no tensor left', async (_, view) => {
    const atStart = tf.memory().numTensors
    const read = async (seed: number): Promise<number[]> => {
      const result = tf.tidy(() => view(seed, toTensor(images)))
      expect(result.shape).toEqual([batch, side, side, 3])
      const values = [...(await result.data())]
      result.dispose()
      return values
    }
    const first = await read(1)
    expect(await read(1)).toEqual(first)
    for (let seed = 2; seed < 6; seed++) {
      const other = await read(seed)
      expect(other).not.toEqual(first)
      expect(other.every((value) => value >= lowest && value <= highest)).toBe(true)
    }
    expect(tf.memory().numTensors).toBe(atStart)
  })
})

describe('drawn views', () => {
  const draws = 20_000
  const within = (count: number, share: number): void =>
    expect(Math.abs(count - draws * share)).toBeLessThan(4 * Math.sqrt(draws * share * (1 - share)))
  const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0)

  it('MoCo: flips and blurs as often as asked (4 sigma), sigma 0.1 to 2, crops inside and of the asked area', () => {
    const view = drawMocoView(createRandom(1), draws, 96, { ...moco, flipProbability: 0.3, blurProbability: 0.6 })
    within(sum(view.flip), 0.3)
    const blurred = view.sigma.filter((sigma) => sigma >= 0.1)
    within(blurred.length, 0.6)
    expect(Math.max(...blurred)).toBeLessThanOrEqual(2)
    const mean = sum(blurred) / blurred.length
    expect(Math.abs(mean - 1.05)).toBeLessThan((4 * 1.9) / Math.sqrt(12 * blurred.length))
    for (let image = 0; image < draws; image++) {
      const [top, left, height, width] = [view.top[image]!, view.left[image]!, view.height[image]!, view.width[image]!]
      if (!(top >= 0 && left >= 0 && top + height <= 96 && left + width <= 96)) expect.fail('a crop leaves the image')
      const [area, aspect] = [(height * width) / (96 * 96), width / height]
      // Whole pixels: up to half a pixel of 36 either way.
      if (!(area > 0.2 * 0.96 && area <= 1 && aspect > 0.75 * 0.96 && aspect < 1.04 / 0.75)) expect.fail(`area ${area}, aspect ${aspect}`)
    }
  })

  it('weak: mirrored half of the time, every shift from -padding to padding equally often (4 sigma)', () => {
    const view = drawWeakView(createRandom(2), draws, 4, 0.5)
    within(sum(view.flip), 0.5)
    for (const shifts of [view.shiftDown, view.shiftRight])
      for (let shift = -4; shift <= 4; shift++) within(shifts.filter((value) => value === shift).length, 1 / 9)
    expect(drawWeakView(createRandom(2), 3, 0, 0.5).shiftDown).toEqual(new Float32Array(3))
  })

  it('holes lie in the image and are at most the asked share of it; only "fixmatch" shifts', () => {
    for (const options of [scan, fixmatch]) {
      const { hole, shift } = drawStrongView(createRandom(3), 4000, 32, options)
      for (const [start, end] of [
        [hole.top, hole.bottom],
        [hole.left, hole.right],
      ] as const) {
        const lengths = Array.from(end, (value, image) => value - start[image]!)
        expect(Math.min(...start)).toBeGreaterThanOrEqual(0)
        expect(Math.max(...end)).toBeLessThanOrEqual(32)
        expect(Math.max(...lengths)).toBe(options.form === 'scan' ? 16 : 15)
        expect(Math.min(...lengths)).toBeGreaterThanOrEqual(0)
      }
      expect(shift.shiftDown.some((value) => value !== 0)).toBe(options.form === 'fixmatch')
    }
    const { hole } = drawStrongView(createRandom(3), 50, 32, { ...scan, cutoutRatio: 0 })
    expect(hole.bottom).toEqual(hole.top)
  })
})
