import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { type ColourTwistOptions, drawColourTwists, twistColours } from '#engine/ml/augmentations/colour-twist.ts'
import { createRandom } from '#engine/ml/random.ts'
import { availableBackends, useBackend } from '../../backends.ts'
import { greatestDifference, mapPixels, type Pixels, tinyImages, toTensor } from './tiny-images.ts'

const side = 6
const jitter: ColourTwistOptions = { strength: 0.4, hue: 0.1, jitterProbability: 0.8, grayscaleProbability: 0.2 }
const lumaOf = ([red, green, blue]: number[]): number => 0.299 * red! + 0.587 * green! + 0.114 * blue!

/** Solves M x = v for a 3x3 matrix by elimination. */
function solve3(matrix: readonly number[][], right: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index]!])
  for (let pivot = 0; pivot < 3; pivot++)
    for (let other = 0; other < 3; other++) {
      if (other === pivot) continue
      const factor = rows[other]![pivot]! / rows[pivot]![pivot]!
      for (let column = 0; column < 4; column++) rows[other]![column]! -= factor * rows[pivot]![column]!
    }
  return rows.map((row, index) => row[3]! / row[index]!)
}

const yiq = [
  [0.299, 0.587, 0.114],
  [0.596, -0.274, -0.322],
  [0.211, -0.523, 0.312],
]

/** The jitter of one image, operation after operation on its pixels, clipped at the end; draws as the docstring lists them. */
function slowJitter(images: Pixels, seed: number, options: ColourTwistOptions): Pixels {
  const random = createRandom(seed)
  return images.map((image) => {
    let pixels = image.flat()
    const isJittered = random.uniform() < options.jitterProbability
    const factors = [0, 0, 0].map(() => 1 + (2 * random.uniform() - 1) * options.strength)
    const turn = (2 * random.uniform() - 1) * options.hue * 2 * Math.PI
    const order = random.shuffled(4)
    const isGrey = random.uniform() < options.grayscaleProbability
    for (const operation of isJittered ? order : []) {
      if (operation === 0) pixels = pixels.map((pixel) => pixel.map((value) => value * factors[0]!))
      if (operation === 1) {
        const mean = pixels.reduce((sum, pixel) => sum + lumaOf(pixel), 0) / pixels.length
        pixels = pixels.map((pixel) => pixel.map((value) => mean + factors[1]! * (value - mean)))
      }
      if (operation === 2) pixels = pixels.map((pixel) => pixel.map((value) => lumaOf(pixel) + factors[2]! * (value - lumaOf(pixel))))
      if (operation === 3)
        pixels = pixels.map((pixel) => {
          const [y, i, q] = yiq.map((row) => row.reduce((sum, weight, channel) => sum + weight * pixel[channel]!, 0)) as [
            number,
            number,
            number,
          ]
          return solve3(yiq, [y, Math.cos(turn) * i - Math.sin(turn) * q, Math.sin(turn) * i + Math.cos(turn) * q])
        })
    }
    if (isGrey) pixels = pixels.map((pixel) => [lumaOf(pixel), lumaOf(pixel), lumaOf(pixel)])
    const clipped = pixels.map((pixel) => pixel.map((value) => Math.min(255, Math.max(0, value))))
    return Array.from({ length: side }, (_, y) => clipped.slice(y * side, (y + 1) * side))
  })
}

const twist = (images: Pixels, seed: number, options: ColourTwistOptions): tf.Tensor4D =>
  tf.tidy(() => {
    const batch = images.length
    const { direct, viaMean } = drawColourTwists(createRandom(seed), batch, options)
    return twistColours(toTensor(images), tf.tensor3d(direct, [batch, 3, 3]), tf.tensor3d(viaMean, [batch, 3, 3]))
  })

describe.each(await availableBackends())('colour twist on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  it('one affine map equals the operations one after another on the pixels', async () => {
    const images = tinyImages(40, side, 1)
    // Values to a few hundred, products of float32 matrices.
    for (const options of [jitter, { strength: 0.9, hue: 0.5, jitterProbability: 1, grayscaleProbability: 0 }])
      expect(await greatestDifference(twist(images, 3, options), slowJitter(images, 3, options))).toBeLessThan(2e-3)
  })

  it('with probabilities 0, or strengths 0, leaves the image as it is', async () => {
    const images = tinyImages(6, side, 2)
    expect(await greatestDifference(twist(images, 1, { ...jitter, jitterProbability: 0, grayscaleProbability: 0 }), images)).toBe(0)
    const none = { strength: 0, hue: 0, jitterProbability: 1, grayscaleProbability: 0 }
    expect(await greatestDifference(twist(images, 1, none), images)).toBeLessThan(1e-3)
  })

  it('a grey image stays grey, whatever the hue and the saturation', async () => {
    const grey = mapPixels(tinyImages(10, side, 3), (_, image, y, x) => (17 * image + 3 * y + x) % 256)
    const result = twist(grey, 5, { strength: 0.4, hue: 0.5, jitterProbability: 1, grayscaleProbability: 0 })
    const values = await result.data()
    result.dispose()
    for (let place = 0; place < values.length; place += 3) {
      expect(Math.abs(values[place]! - values[place + 1]!)).toBeLessThan(0.01)
      expect(Math.abs(values[place]! - values[place + 2]!)).toBeLessThan(0.01)
    }
  })
})

describe('drawn twists', () => {
  it('greys and jitters as often as asked (4 sigma)', () => {
    const batch = 20_000
    const { direct } = drawColourTwists(createRandom(8), batch, jitter)
    let [greys, untouched] = [0, 0]
    for (let image = 0; image < batch; image++) {
      const map = direct.subarray(image * 9, image * 9 + 9)
      if ([0, 1, 2].every((column) => map[column] === map[column + 3] && map[column] === map[column + 6])) greys++
      if ([1, 0, 0, 0, 1, 0, 0, 0, 1].every((value, place) => map[place] === value)) untouched++
    }
    const within = (count: number, share: number): void =>
      expect(Math.abs(count - batch * share)).toBeLessThan(4 * Math.sqrt(batch * share * (1 - share)))
    within(greys, 0.2)
    within(untouched, 0.2 * 0.8)
  })

  it('does not change the mean brightness on average: factors are symmetric about 1', () => {
    const batch = 20_000
    const { direct } = drawColourTwists(createRandom(4), batch, { strength: 0.4, hue: 0, jitterProbability: 1, grayscaleProbability: 0 })
    const gains = Array.from({ length: batch }, (_, image) => {
      // A grey pixel without the share of the mean: brightness times contrast.
      const map = direct.subarray(image * 9, image * 9 + 9)
      return map[0]! + map[1]! + map[2]!
    })
    const mean = gains.reduce((sum, gain) => sum + gain, 0) / batch
    const deviation = Math.sqrt(gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / batch)
    expect(Math.abs(mean - 1)).toBeLessThan((4 * deviation) / Math.sqrt(batch))
    expect(Math.min(...gains)).toBeGreaterThan(0.6 * 0.6 - 1e-3)
    expect(Math.max(...gains)).toBeLessThan(1.4 * 1.4 + 1e-3)
  })
})
