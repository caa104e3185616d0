import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { blurMatrices, cropMatrices, resample, shiftMatrices } from '#engine/ml/augmentations/resample.ts'
import { availableBackends, useBackend } from '../../backends.ts'
import { greatestDifference, mapPixels, tinyImages, toTensor } from './tiny-images.ts'

const side = 9

/** Values to 255 by float32 weights and sums. */
const tolerance = 1e-3

/** Weights of PIL's antialiased bilinear resize of `length` pixels from `start` to one of `outputSide` pixels. */
function slowResizeWeights(start: number, length: number, output: number, outputSide: number): Map<number, number> {
  const scale = length / outputSide
  const support = Math.max(scale, 1)
  const centre = start + (output + 0.5) * scale
  const weights = new Map<number, number>()
  let total = 0
  for (let pixel = start; pixel < start + length; pixel++) {
    const weight = Math.max(0, 1 - Math.abs(pixel + 0.5 - centre) / support)
    if (weight > 0) weights.set(pixel, weight)
    total += weight
  }
  for (const [pixel, weight] of weights) weights.set(pixel, weight / total)
  return weights
}

describe.each(await availableBackends())('resampling on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  it('crops and resizes like the loop, mirrored and not, larger and smaller', async () => {
    const images = tinyImages(4, side, 1)
    const tops = [0, 2, 3, 1]
    const lefts = [1, 0, 4, 5]
    const heights = [9, 7, 3, 5]
    const widths = [8, 9, 5, 4]
    const flips = [0, 1, 0, 1]
    for (const outputSide of [side, 5]) {
      const actual = tf.tidy(() =>
        resample(
          toTensor(images),
          cropMatrices(tf.tensor1d(tops), tf.tensor1d(heights), tf.zeros([4]), outputSide, side),
          cropMatrices(tf.tensor1d(lefts), tf.tensor1d(widths), tf.tensor1d(flips), outputSide, side),
        ),
      )
      expect(actual.shape).toEqual([4, outputSide, outputSide, 3])
      const target = tinyImages(4, outputSide, 2)
      const expected = mapPixels(target, (_, image, y, x, channel) => {
        const column = flips[image] ? outputSide - 1 - x : x
        let sum = 0
        for (const [sourceY, weightY] of slowResizeWeights(tops[image]!, heights[image]!, y, outputSide))
          for (const [sourceX, weightX] of slowResizeWeights(lefts[image]!, widths[image]!, column, outputSide))
            sum += weightY * weightX * images[image]![sourceY]![sourceX]![channel]!
        return sum
      })
      expect(await greatestDifference(actual, expected)).toBeLessThan(tolerance)
    }
  })

  it('shifts and mirrors like the loop, exactly; black comes in', async () => {
    const images = tinyImages(5, side, 3)
    const downs = [0, 4, -4, 1, -9]
    const rights = [0, -2, 3, 0, 2]
    const flips = [0, 0, 1, 1, 1]
    const actual = tf.tidy(() =>
      resample(
        toTensor(images),
        shiftMatrices(tf.tensor1d(downs), tf.zeros([5]), side),
        shiftMatrices(tf.tensor1d(rights), tf.tensor1d(flips), side),
      ),
    )
    const expected = mapPixels(images, (_, image, y, x, channel) => {
      const column = flips[image] ? side - 1 - x : x
      return images[image]![y + downs[image]!]?.[column + rights[image]!]?.[channel] ?? 0
    })
    expect(await greatestDifference(actual, expected)).toBe(0)
  })

  it('blurs like the loop', async () => {
    const images = tinyImages(4, side, 4)
    const sigmas = [0.1, 0.5, 1, 2]
    const actual = tf.tidy(() => {
      const blur = blurMatrices(tf.tensor1d(sigmas), side)
      return resample(toTensor(images), blur, blur)
    })
    const expected = mapPixels(images, (_, image, y, x, channel) => {
      let [sum, total] = [0, 0]
      for (let sourceY = 0; sourceY < side; sourceY++)
        for (let sourceX = 0; sourceX < side; sourceX++) {
          const weight = Math.exp(-((sourceY - y) ** 2 + (sourceX - x) ** 2) / (2 * sigmas[image]! ** 2))
          sum += weight * images[image]![sourceY]![sourceX]![channel]!
          total += weight
        }
      return sum / total
    })
    expect(await greatestDifference(actual, expected)).toBeLessThan(tolerance)
  })

  it('what does nothing does nothing, exactly: the whole crop, no shift, no blur', async () => {
    const images = tinyImages(2, side, 5)
    const none = (): tf.Tensor1D => tf.zeros([2])
    const pairs = [
      () => [cropMatrices(none(), tf.fill([2], side), none(), side, side), cropMatrices(none(), tf.fill([2], side), none(), side, side)],
      () => [shiftMatrices(none(), none(), side), shiftMatrices(none(), none(), side)],
      () => [blurMatrices(tf.tensor1d([0, 0.05]), side), blurMatrices(tf.tensor1d([0.05, 0]), side)],
    ] as const
    for (const create of pairs) {
      const actual = tf.tidy(() => {
        const [rows, columns] = create() as [tf.Tensor3D, tf.Tensor3D]
        return resample(toTensor(images), rows, columns)
      })
      expect(await greatestDifference(actual, images)).toBe(0)
    }
  })
})
