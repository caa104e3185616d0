import sharp, { type Sharp } from 'sharp'
import { expect, test } from 'vitest'
import { hammingDistance, perceptualHash } from '#engine/images/perceptual-hash.ts'
import { sampleImage } from './sample-images.ts'

test('distance counts the differing bits', () => {
  expect(hammingDistance('0000000000000000', 'ffffffffffffffff')).toBe(64)
  expect(hammingDistance('8000000000000001', '0000000000000000')).toBe(2)
  expect(hammingDistance('0123456789abcdef', '0123456789abcdef')).toBe(0)
})

test('each bit tells whether the left of two boxes is brighter', () => {
  const darker = Uint8Array.from({ length: 9 * 8 * 3 }, (_, index) => 250 - 20 * (Math.floor(index / 3) % 9))
  expect(perceptualHash(darker, 9, 8)).toBe('ffffffffffffffff')
  const brighter = darker.map((value) => 255 - value)
  expect(perceptualHash(brighter, 9, 8)).toBe('0000000000000000')
  const half = brighter.map((value, index) => (index < 9 * 4 * 3 ? 255 - value : value))
  expect(perceptualHash(half, 9, 8)).toBe('ffffffff00000000')
})

test('resized, recompressed and brightened copies are near; a mirrored one is far; an even picture has none', async () => {
  const hashOf = async (image: Sharp) => {
    const { data, info } = await image.removeAlpha().raw().toBuffer({ resolveWithObject: true })
    return perceptualHash(data, info.width, info.height)!
  }
  const jpeg = await sampleImage(600, 400).jpeg({ quality: 30 }).toBuffer()
  const original = await hashOf(sampleImage(600, 400))
  const copies = [sharp(jpeg), sampleImage(600, 400).resize(150, 100), sampleImage(600, 400).linear(0.9, 10)]
  for (const copy of copies) expect(hammingDistance(original, await hashOf(copy))).toBeLessThanOrEqual(3)
  expect(hammingDistance(original, await hashOf(sampleImage(600, 400).flop()))).toBeGreaterThan(20)
  expect(perceptualHash(new Uint8Array(300).fill(200), 10, 10)).toBeNull()
})
