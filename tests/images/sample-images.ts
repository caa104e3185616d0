import sharp, { type Sharp } from 'sharp'

/** A photograph-like picture: two gradients and a disc, so that turning, cropping and mirroring change it. 3 channels. */
export function samplePixels(width: number, height: number): Buffer {
  const data = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const inDisc = (x - width / 4) ** 2 + (y - height / 3) ** 2 < (Math.min(width, height) / 5) ** 2
      const at = (y * width + x) * 3
      data[at] = (255 * x) / width
      data[at + 1] = (255 * y) / height
      data[at + 2] = inDisc ? 230 : 40
    }
  return data
}

export function sampleImage(width: number, height: number): Sharp {
  return sharp(samplePixels(width, height), { raw: { width, height, channels: 3 } })
}

/** Mean absolute difference of two pictures, in levels of 0-255. */
export function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0
  for (let index = 0; index < a.length; index++) sum += Math.abs(a[index]! - b[index]!)
  return a.length === b.length ? sum / a.length : Number.POSITIVE_INFINITY
}

/** A BMP of the given bits a pixel (1, 8, 16, 24 or 32), bottom row first, of an RGB picture. */
export function toBmp(pixels: Buffer, width: number, height: number, bitCount: 1 | 8 | 16 | 24 | 32): Buffer {
  const paletteCount = bitCount <= 8 ? 2 ** bitCount : 0
  const pixelOffset = 54 + paletteCount * 4
  const stride = Math.ceil((width * bitCount) / 32) * 4
  const file = Buffer.alloc(pixelOffset + stride * height)
  file.write('BM')
  file.writeUInt32LE(file.length, 2)
  file.writeUInt32LE(pixelOffset, 10)
  file.writeUInt32LE(40, 14)
  file.writeInt32LE(width, 18)
  file.writeInt32LE(height, 22)
  file.writeUInt16LE(1, 26)
  file.writeUInt16LE(bitCount, 28)
  for (let colour = 0; colour < paletteCount; colour++) {
    const level = (colour * 255) / (paletteCount - 1)
    file.fill(level, 54 + colour * 4, 54 + colour * 4 + 3)
  }
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [red, green, blue] = pixels.subarray((y * width + x) * 3) as unknown as [number, number, number]
      const row = pixelOffset + (height - 1 - y) * stride
      if (bitCount === 1) file[row + (x >> 3)]! |= (green > 127 ? 1 : 0) << (7 - (x & 7))
      else if (bitCount === 8) file[row + x] = green
      else if (bitCount === 16) file.writeUInt16LE(((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3), row + x * 2)
      else file.set([blue, green, red], row + (x * bitCount) / 8)
    }
  return file
}
