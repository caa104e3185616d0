import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '#engine/ml/random.ts'
import { type ImageSource, imagesInMemory } from '#engine/training/image-source.ts'
import { testMirror } from '#engine/training/mirror-test.ts'
import { availableBackends, useBackend } from '../backends.ts'

const [backend] = await availableBackends()
const side = 16

/** Images of the letter L in a random place and shade on a little noise, each mirrored with the given probability. */
function letters(count: number, mirroredRatio: number, seed: number): Uint8Array {
  const random = createRandom(seed)
  const pixels = new Uint8Array(count * side * side * 3)
  for (let image = 0; image < count; image++) {
    const [top, left, shade] = [random.integer(4), random.integer(5), 150 + random.integer(100)]
    const isMirrored = random.uniform() < mirroredRatio
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const isInk = (x >= left && x < left + 3 && y >= top && y < top + 12) || (y >= top + 9 && y < top + 12 && x >= left && x < left + 9)
        const place = ((image * side + y) * side + (isMirrored ? side - 1 - x : x)) * 3
        pixels.fill(isInk ? shade : random.integer(20), place, place + 3)
      }
  }
  return pixels
}

/** The share, distance by distance. */
function fartherSlowly(pixels: Uint8Array, count: number): number {
  const at = (image: number, y: number, x: number, channel: number): number => pixels[((image * side + y) * side + x) * 3 + channel]!
  const distance = (one: number, other: number, isMirrored: boolean): number => {
    let sum = 0
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        for (let channel = 0; channel < 3; channel++)
          sum += ((at(one, y, isMirrored ? side - 1 - x : x, channel) - at(other, y, x, channel)) / 255) ** 2
    return sum
  }
  let [farther, nearer] = [0, 0]
  for (let image = 0; image < count; image++) {
    const nearest = (isMirrored: boolean): number =>
      Math.min(
        ...Array.from({ length: count }, (_, other) => (other === image ? Number.POSITIVE_INFINITY : distance(image, other, isMirrored))),
      )
    const [own, mirrored] = [nearest(false), nearest(true)]
    if (mirrored > own) farther++
    if (mirrored < own) nearer++
  }
  return farther / (farther + nearer)
}

describe('whether mirror images are as likely to be met', () => {
  beforeAll(() => useBackend(backend!))

  it('counts what a slow count counts', async () => {
    for (const [mirroredRatio, seed] of [
      [0, 1],
      [0.3, 2],
      [0.5, 3],
    ] as const) {
      const pixels = letters(60, mirroredRatio, seed)
      const { fartherRatio } = await testMirror(imagesInMemory(pixels, side), 1)
      expect(Math.abs(fartherRatio - fartherSlowly(pixels, 60))).toBeLessThanOrEqual(1 / 60)
    }
  })

  it('tells writing from what has no left and right, and leaves no tensor', async () => {
    const atStart = tf.memory().numTensors
    expect(await testMirror(imagesInMemory(letters(200, 0, 4), side), 1)).toMatchObject({ isAlike: false })
    expect(await testMirror(imagesInMemory(letters(200, 0.5, 5), side), 1)).toMatchObject({ isAlike: true })
    expect(tf.memory().numTensors).toBe(atStart)
  })

  it('takes few images, equal images and one image as alike: they prove nothing', async () => {
    expect(await testMirror(imagesInMemory(letters(5, 0, 6), side), 1)).toMatchObject({ isAlike: true })
    expect(await testMirror(imagesInMemory(letters(1, 0, 7), side), 1)).toEqual({ fartherRatio: 0.5, isAlike: true })
    const same = new Uint8Array(4 * side * side * 3).fill(9)
    expect(await testMirror(imagesInMemory(same, side), 1)).toEqual({ fartherRatio: 0.5, isAlike: true })
  })

  it('looks at no more than 1,000 images, whatever their number and size, and at the same ones with the same seed', async () => {
    const pixels = letters(50, 0, 8)
    const looked = new Set<number>()
    const many: ImageSource = {
      ...imagesInMemory(pixels, side),
      count: 5000,
      images(indices) {
        for (const index of Array.from(indices)) looked.add(index)
        return imagesInMemory(pixels, side).images(Array.from(indices, (index) => index % 50))
      },
    }
    const first = await testMirror(many, 2)
    expect(looked.size).toBe(1000)
    expect(await testMirror(many, 2)).toEqual(first)
    expect(looked.size).toBe(1000)
  })
})
