import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { applyOperations, drawOperations, type OperationRound } from '#engine/ml/augmentations/operations.ts'
import { createRandom } from '#engine/ml/random.ts'
import { availableBackends, useBackend } from '../../backends.ts'
import { greatestDifference, mapPixels, tinyImages, toTensor } from './tiny-images.ts'

const side = 11
const ranges = { shear: 0.3, translate: 0.3 }

/** A round that does nothing to `batch` images. */
function nothing(batch: number): OperationRound {
  const row = (value: number): Float32Array => new Float32Array(batch).fill(value)
  const geometry = new Float32Array(batch * 8)
  for (let image = 0; image < batch; image++) geometry.set([1, 0, 0, 0, 1, 0, 0, 0], image * 8)
  const tones = { darken: row(0), flatten: row(0), autocontrast: row(0), equalize: row(0), solarizeFrom: row(256), posterizeStep: row(1) }
  return { geometry, grey: row(0), smooth: row(0), tones }
}

const lumaOf = ([red, green, blue]: number[]): number => 0.299 * red! + 0.587 * green! + 0.114 * blue!

describe.each(await availableBackends())('operations on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  it('a round of nothing leaves the image as it is, exactly', async () => {
    const images = tinyImages(3, side, 1)
    expect(
      await greatestDifference(
        tf.tidy(() => applyOperations(toTensor(images), [nothing(3), nothing(3)])),
        images,
      ),
    ).toBe(0)
  })

  it('moves pixels like the loop: rotate, shear and translate about the centre, nearest pixel, black from outside', async () => {
    const images = tinyImages(5, side, 2)
    const centre = (side - 1) / 2
    const angle = (17 * Math.PI) / 180
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
    // From output to input about the centre: x' = a x + b y + c, y' = d x + e y + f.
    const maps = [
      [cosine, -sine, 0, sine, cosine, 0],
      [1, 0.23, 0, 0, 1, 0],
      [1, 0, 0, -0.23, 1, 0],
      [1, 0, 2.3, 0, 1, 0],
      [1, 0, 0, 0, 1, -1.7],
    ]
    const round = nothing(5)
    for (const [image, [a, b, c, d, e, f]] of maps.entries())
      round.geometry.set(
        [a!, b!, c! + centre - a! * centre - b! * centre, d!, e!, f! + centre - d! * centre - e! * centre, 0, 0],
        image * 8,
      )
    const expected = mapPixels(images, (_, image, y, x, channel) => {
      const [a, b, c, d, e, f] = maps[image]!
      const sourceX = Math.round(a! * (x - centre) + b! * (y - centre) + c! + centre)
      const sourceY = Math.round(d! * (x - centre) + e! * (y - centre) + f! + centre)
      return images[image]![sourceY]?.[sourceX]?.[channel] ?? 0
    })
    expect(
      await greatestDifference(
        tf.tidy(() => applyOperations(toTensor(images), [round])),
        expected,
      ),
    ).toBe(0)
  })

  it('colour within 1 level of the loop of PIL', async () => {
    const images = tinyImages(3, side, 3)
    const round = { ...nothing(3), grey: Float32Array.from([0.05, 0.5, 0.95]) }
    const expected = mapPixels(images, (value, image, y, x) => {
      const grey = Math.round(lumaOf(images[image]![y]![x]!))
      return Math.trunc(grey + (1 - round.grey[image]!) * (value - grey))
    })
    expect(
      await greatestDifference(
        tf.tidy(() => applyOperations(toTensor(images), [round])),
        expected,
      ),
    ).toBeLessThanOrEqual(1)
  })

  it('sharpness within 1 level of the loop of PIL inside, and of the mean of the neighbours there are at the border', async () => {
    const images = tinyImages(3, side, 4)
    const round = { ...nothing(3), smooth: Float32Array.from([0.05, 0.5, 0.95]) }
    const expected = mapPixels(images, (value, image, y, x, channel) => {
      let [sum, count] = [0, 0]
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) {
          const neighbour = images[image]![y + dy]?.[x + dx]?.[channel]
          if (neighbour === undefined) continue
          sum += neighbour
          count++
        }
      // Inside, count is 9: the eight neighbours once, the pixel five times, over 13.
      const smooth = Math.round((4 * value + (9 * sum) / count) / 13)
      return Math.trunc(smooth + (1 - round.smooth[image]!) * (value - smooth))
    })
    expect(
      await greatestDifference(
        tf.tidy(() => applyOperations(toTensor(images), [round])),
        expected,
      ),
    ).toBeLessThanOrEqual(1)
  })

  it('drawn rounds: same seed same values, another seed others; whole numbers 0-255; static shapes', async () => {
    const images = tinyImages(20, side, 5)
    const view = async (seed: number): Promise<number[]> => {
      const random = createRandom(seed)
      const rounds = [drawOperations(random, 20, side, ranges), drawOperations(random, 20, side, ranges)]
      const result = tf.tidy(() => applyOperations(toTensor(images), rounds))
      expect(result.shape).toEqual([20, side, side, 3])
      const values = [...(await result.data())]
      result.dispose()
      return values
    }
    const [first, again, other] = [await view(1), await view(1), await view(2)]
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
    for (const value of [...first, ...other]) if (!(Number.isInteger(value) && value >= 0 && value <= 255)) expect.fail(`${value}`)
  })
})

describe('drawn operations', () => {
  it('each image gets one of the fourteen, all equally often (4 sigma), within their ranges', () => {
    const batch = 14_000
    const round = drawOperations(createRandom(9), batch, side, ranges)
    const counts: Record<string, number> = {}
    for (let image = 0; image < batch; image++) {
      const [a0, a1, a2, b0, b1, b2] = round.geometry.subarray(image * 8, image * 8 + 6)
      const names: string[] = []
      if (a0 !== 1 && b0 !== 0) names.push('rotate')
      else if (a1 !== 0) names.push('shear-x')
      else if (b0 !== 0) names.push('shear-y')
      else if (a2 !== 0) names.push('translate-x')
      else if (b2 !== 0) names.push('translate-y')
      if (names[0] === 'rotate') expect(Math.abs(Math.atan2(b0!, a0!))).toBeLessThanOrEqual(Math.PI / 6 + 1e-6)
      if (names[0]?.startsWith('shear')) expect(Math.max(Math.abs(a1!), Math.abs(b0!))).toBeLessThanOrEqual(0.3 + 1e-6)
      if (names[0]?.startsWith('translate')) expect(Math.max(Math.abs(a2!), Math.abs(b2!))).toBeLessThanOrEqual(0.3 * side + 1e-5)
      expect(b1).toBeGreaterThan(0.8)
      for (const [name, value] of [
        ['colour', round.grey[image]],
        ['sharpness', round.smooth[image]],
        ['brightness', round.tones.darken[image]],
        ['contrast', round.tones.flatten[image]],
      ] as const)
        if (value) {
          names.push(name)
          expect(value).toBeGreaterThanOrEqual(0.0499)
          expect(value).toBeLessThanOrEqual(0.9501)
        }
      if (round.tones.autocontrast[image]) names.push('autocontrast')
      if (round.tones.equalize[image]) names.push('equalize')
      if (round.tones.solarizeFrom[image] !== 256) names.push('solarize')
      if (round.tones.posterizeStep[image] !== 1) {
        names.push('posterize')
        expect([2, 4, 8, 16]).toContain(round.tones.posterizeStep[image])
      }
      expect(names.length).toBeLessThanOrEqual(1)
      const name = names[0] ?? 'identity'
      counts[name] = (counts[name] ?? 0) + 1
    }
    expect(Object.keys(counts).length).toBe(14)
    const sigma = Math.sqrt(batch * (1 / 14) * (13 / 14))
    for (const [name, count] of Object.entries(counts)) expect(Math.abs(count - batch / 14), name).toBeLessThan(4 * sigma)
  })

  it('rotate, shear and translate go both ways', () => {
    const round = drawOperations(createRandom(2), 2000, side, ranges)
    for (const place of [1, 2, 3, 5]) {
      const values = Array.from({ length: 2000 }, (_, image) => round.geometry[image * 8 + place]!)
      expect(values.some((value) => value > 0) && values.some((value) => value < 0)).toBe(true)
    }
  })
})
