import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'
import { describe, expect, test } from 'vitest'
import { type DecodedImage, type DecodeOptions, decodeImage } from '#engine/images/decode-image.ts'
import { hashFile } from '#engine/images/ordinary-file.ts'
import { meanDifference, sampleImage, samplePixels, toBmp } from './sample-images.ts'
import { temporaryFolder } from './temporary-folder.ts'

const cover32: DecodeOptions = { size: 32, fit: 'cover' }

async function decodeBytes(bytes: Buffer, name: string, options = cover32) {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, bytes)
  return decodeImage(path, options)
}

async function decodeFine(bytes: Buffer, name: string, options = cover32): Promise<DecodedImage> {
  const result = await decodeBytes(bytes, name, options)
  if (result.kind !== 'image') throw new Error(`${result.code}: ${result.message}`)
  return result
}

async function problemOf(bytes: Buffer, name: string, options = cover32) {
  const result = await decodeBytes(bytes, name, options)
  return result.kind === 'problem' ? result.code : 'image'
}

/** The middle square of the sample, by plain loops: the mean of each box. */
function expectedCover(width: number, height: number, size: number): Uint8Array {
  const pixels = samplePixels(width, height)
  const side = Math.min(width, height)
  const [left, top] = [(width - side) / 2, (height - side) / 2]
  const box = side / size
  const out = new Uint8Array(size * size * 3)
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0
        for (let dy = 0; dy < box; dy++)
          for (let dx = 0; dx < box; dx++) sum += pixels[((top + y * box + dy) * width + left + x * box + dx) * 3 + channel]!
        out[(y * size + x) * 3 + channel] = sum / box ** 2
      }
  return out
}

describe('every format gives the same picture', () => {
  const [width, height] = [640, 512]
  const encoders: Record<string, (image: Sharp) => Promise<Buffer>> = {
    jpeg: (image) => image.jpeg({ quality: 95 }).toBuffer(),
    png: (image) => image.png().toBuffer(),
    webp: (image) => image.webp({ quality: 95 }).toBuffer(),
    tiff: (image) => image.tiff({ compression: 'lzw' }).toBuffer(),
    avif: (image) => image.avif({ quality: 80, effort: 0 }).toBuffer(),
    gif: (image) => image.gif().toBuffer(),
    bmp: async (image) => toBmp(await image.raw().toBuffer(), width, height, 24),
  }
  for (const [format, encode] of Object.entries(encoders))
    test(format, async () => {
      const bytes = await encode(sampleImage(width, height))
      const image = await decodeFine(bytes, `sample.${format}`)
      const thumbnail = await sharp(image.thumbnail).metadata()
      const { pixels, thumbnail: _, perceptualHash, mtimeMs, ...rest } = image
      expect({ ...rest, thumbnail: [thumbnail.format, thumbnail.width, thumbnail.height] }).toEqual({
        kind: 'image',
        contentHash: createHash('sha256').update(bytes).digest('hex'),
        sizeBytes: bytes.length,
        width,
        height,
        format,
        note: null,
        thumbnail: ['webp', 256, 205],
      })
      expect(meanDifference(pixels, expectedCover(width, height, 32))).toBeLessThan(format === 'gif' ? 8 : 4)
      expect(perceptualHash).toMatch(/^[0-9a-f]{16}$/)
      expect(Number.isInteger(mtimeMs)).toBe(true)
    })
})

test('the three fits: the middle, all of it on white, all of it distorted', async () => {
  const bytes = await sampleImage(400, 200).png().toBuffer()
  const [cover, contain, squash] = await Promise.all(
    (['cover', 'contain', 'squash'] as const).map(async (fit) => (await decodeFine(bytes, 'wide.png', { size: 64, fit })).pixels),
  )
  const pixelAt = (pixels: Uint8Array, x: number, y: number) => [...pixels.subarray((y * 64 + x) * 3, (y * 64 + x) * 3 + 3)]
  expect([cover!.length, contain!.length, squash!.length]).toEqual([12288, 12288, 12288])
  expect(pixelAt(contain!, 32, 4)).toEqual([255, 255, 255])
  expect(pixelAt(contain!, 32, 60)).toEqual([255, 255, 255])
  // Red grows from left to right: the middle half of it, or all of it.
  expect(pixelAt(cover!, 1, 60)[0]).toBeGreaterThan(60)
  expect(pixelAt(cover!, 62, 60)[0]).toBeLessThan(195)
  for (const all of [contain!, squash!]) {
    expect(pixelAt(all, 1, 40)[0]).toBeLessThan(16)
    expect(pixelAt(all, 62, 40)[0]).toBeGreaterThan(240)
  }
})

test('all eight EXIF orientations of one picture give the same upright pixels', async () => {
  const [width, height] = [120, 80]
  const upright = samplePixels(width, height)
  // Where the pixel (x, y) of the upright picture is stored, by orientation 1 to 8.
  const places: ((x: number, y: number) => [number, number])[] = [
    (x, y) => [x, y],
    (x, y) => [width - 1 - x, y],
    (x, y) => [width - 1 - x, height - 1 - y],
    (x, y) => [x, height - 1 - y],
    (x, y) => [y, x],
    (x, y) => [y, width - 1 - x],
    (x, y) => [height - 1 - y, width - 1 - x],
    (x, y) => [height - 1 - y, x],
  ]
  const reference = await decodeFine(await sampleImage(width, height).png().toBuffer(), 'upright.png')
  for (const [index, place] of places.entries()) {
    const storedWidth = index < 4 ? width : height
    const stored = Buffer.alloc(upright.length)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const [storedX, storedY] = place(x, y)
        upright.copy(stored, (storedY * storedWidth + storedX) * 3, (y * width + x) * 3, (y * width + x) * 3 + 3)
      }
    const bytes = await sharp(stored, { raw: { width: storedWidth, height: index < 4 ? height : width, channels: 3 } })
      .withMetadata({ orientation: index + 1 })
      .jpeg({ quality: 98, chromaSubsampling: '4:4:4' })
      .toBuffer()
    const image = await decodeFine(bytes, 'turned.jpg')
    expect([image.width, image.height], `orientation ${index + 1}`).toEqual([width, height])
    expect(meanDifference(image.pixels, reference.pixels), `orientation ${index + 1}`).toBeLessThan(3)
  }
})

describe('unusual pixels', () => {
  test('16 bits a channel, colour and grey', async () => {
    const sixteen = await sampleImage(200, 200).toColourspace('rgb16').png().toBuffer()
    expect((await sharp(sixteen).metadata()).depth).toBe('ushort')
    expect(meanDifference((await decodeFine(sixteen, 'deep.png')).pixels, expectedCover(192, 192, 32))).toBeLessThan(3)
    const grey = await sharp(Buffer.alloc(64 * 64, 128), { raw: { width: 64, height: 64, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer()
    expect((await sharp(grey).metadata()).depth).toBe('ushort')
    expect(new Set((await decodeFine(grey, 'grey.png')).pixels)).toEqual(new Set([128]))
  })
  test('8-bit grey and 1-bit PNG have three equal channels', async () => {
    const grey = await sampleImage(64, 64).greyscale().png().toBuffer()
    const { pixels } = await decodeFine(grey, 'grey.png')
    for (let at = 0; at < pixels.length; at += 3) expect([pixels[at + 1], pixels[at + 2]]).toEqual([pixels[at], pixels[at]])
    const two = await sampleImage(64, 64).greyscale().threshold(128).png({ palette: true, colours: 2 }).toBuffer()
    expect(new Set((await decodeFine(two, 'two.png', { size: 64, fit: 'squash' })).pixels)).toEqual(new Set([0, 255]))
  })
  test('CMYK JPEG comes out in its colours', async () => {
    const red = sharp({ create: { width: 64, height: 64, channels: 3, background: '#d02020' } })
    const bytes = await red.toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer()
    expect((await sharp(bytes).metadata()).space).toBe('cmyk')
    const [r, g, b] = (await decodeFine(bytes, 'print.jpg')).pixels
    expect(r).toBeGreaterThan(180)
    expect(Math.max(g!, b!)).toBeLessThan(80)
  })
  test('transparency is laid on white, at the edge of what is drawn too', async () => {
    const bytes = await sharp({ create: { width: 64, height: 64, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0.5 } } })
      .png()
      .toBuffer()
    const values = new Set((await decodeFine(bytes, 'half.png')).pixels)
    expect([...values].every((value) => value >= 126 && value <= 129)).toBe(true)
    const clear = await sharp({ create: { width: 64, height: 64, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toBuffer()
    expect(new Set((await decodeFine(clear, 'clear.png')).pixels)).toEqual(new Set([255]))
  })
  test('of an animation the first frame is taken', async () => {
    const frames = ['#ff0000', '#0000ff'].map((background) => ({ create: { width: 40, height: 40, channels: 3 as const, background } }))
    for (const format of ['gif', 'webp'] as const) {
      const pages = await Promise.all(frames.map((frame) => sharp(frame).png().toBuffer()))
      const bytes = await sharp(pages, { join: { animated: true } })
        .toFormat(format)
        .toBuffer()
      expect((await sharp(bytes).metadata()).pages).toBe(2)
      const image = await decodeFine(bytes, `moving.${format}`)
      expect([image.width, image.height]).toEqual([40, 40])
      expect(image.pixels[0]).toBeGreaterThan(240)
      expect(image.pixels[2]).toBeLessThan(15)
    }
  })
  test('BMP of 1, 8, 16 and 32 bits', async () => {
    const pixels = samplePixels(38, 20)
    for (const bitCount of [1, 8, 16, 32] as const) {
      const image = await decodeFine(toBmp(pixels, 38, 20, bitCount), 'old.bmp', { size: 20, fit: 'cover' })
      const expected = Uint8Array.from({ length: 20 * 20 * 3 }, (_, index) => {
        const [pixel, channel] = [Math.floor(index / 3), index % 3]
        const at = (Math.floor(pixel / 20) * 38 + 9 + (pixel % 20)) * 3
        if (bitCount === 1) return pixels[at + 1]! > 127 ? 255 : 0
        return bitCount === 8 ? pixels[at + 1]! : pixels[at + channel]!
      })
      // 16 bits keep 5 a channel: 8 levels.
      expect(meanDifference(image.pixels, expected), `${bitCount} bits`).toBeLessThan(bitCount === 16 ? 8 : 0.6)
    }
  })
  test('a picture of one pixel, and one much longer than wide', async () => {
    const dot = await decodeFine(await sampleImage(1, 1).png().toBuffer(), 'dot.png')
    expect([dot.width, dot.height, dot.pixels.length, dot.perceptualHash]).toEqual([1, 1, 3072, null])
    const line = await decodeFine(await sampleImage(9000, 3).png().toBuffer(), 'line.png')
    const thumbnail = await sharp(line.thumbnail).metadata()
    expect([line.width, line.height, thumbnail.width, thumbnail.height]).toEqual([9000, 3, 256, 1])
  })
})

test('content decides, not the extension', async () => {
  const bytes = await sampleImage(40, 40).png().toBuffer()
  const lying = await decodeFine(bytes, 'lying.jpg')
  expect([lying.format, lying.note]).toEqual(['png', 'Its extension is wrong: the content is PNG.'])
  expect((await decodeFine(bytes, 'no-extension')).note).toBeNull()
  expect((await decodeFine(bytes, 'UPPER.PNG')).note).toBeNull()
})

describe('files that are refused, each with its reason', () => {
  test('empty, text, SVG, PDF, video-like, random bytes', async () => {
    const svg = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"></svg>'
    expect({
      empty: await problemOf(Buffer.alloc(0), 'empty.jpg'),
      text: await problemOf(Buffer.from('hello'), 'text.jpg'),
      oneByte: await problemOf(Buffer.from([0xff]), 'one.jpg'),
      svg: await problemOf(Buffer.from(svg), 'drawing.png'),
      pdf: await problemOf(Buffer.from('%PDF-1.7\n'), 'paper.jpg'),
      heic: await problemOf(Buffer.from('\0\0\0\x18ftypheic\0\0\0\0heic', 'latin1'), 'phone.heic'),
      signatureOnly: await problemOf(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'signature.png'),
    }).toEqual({
      empty: 'empty',
      text: 'not-an-image',
      oneByte: 'not-an-image',
      svg: 'not-a-photograph',
      pdf: 'not-a-photograph',
      heic: 'unsupported',
      signatureOnly: 'truncated',
    })
  })
  const encoders: Record<string, () => Promise<Buffer>> = {
    jpg: () => sampleImage(900, 700).jpeg().toBuffer(),
    'progressive.jpg': () => sampleImage(900, 700).jpeg({ progressive: true }).toBuffer(),
    png: () => sampleImage(900, 700).png().toBuffer(),
    webp: () => sampleImage(900, 700).webp().toBuffer(),
    tiff: () => sampleImage(900, 700).tiff().toBuffer(),
    avif: () => sampleImage(900, 700).avif({ effort: 0 }).toBuffer(),
    gif: () => sampleImage(900, 700).gif().toBuffer(),
    bmp: async () => toBmp(samplePixels(90, 70), 90, 70, 24),
  }
  for (const [name, encode] of Object.entries(encoders))
    test(`truncated ${name}, at a half and near the end`, async () => {
      const bytes = await encode()
      const codes = [
        await problemOf(bytes.subarray(0, bytes.length / 2), `cut.${name}`),
        await problemOf(bytes.subarray(0, bytes.length * 0.9), `cut.${name}`),
      ]
      expect(codes).toEqual(['truncated', 'truncated'])
    })
  test('a JPEG whose data is overwritten is damaged or still a picture, never a crash', async () => {
    const bytes = await sampleImage(300, 300).jpeg().toBuffer()
    bytes.fill(0xff, 40, 200)
    expect(await problemOf(bytes, 'damaged.jpg')).toBe('damaged')
  })
  test('a decompression bomb: a PNG of few bytes that says 60,000 x 60,000', async () => {
    const bomb = pngOf(60_000, 60_000, Buffer.alloc(1000))
    expect(bomb.length).toBeLessThan(1000)
    expect(await problemOf(bomb, 'bomb.png')).toBe('too-large')
    const bmp = toBmp(samplePixels(4, 4), 4, 4, 24)
    bmp.writeInt32LE(40_000, 18)
    bmp.writeInt32LE(40_000, 22)
    expect(await problemOf(bmp, 'bomb.bmp')).toBe('too-large')
  })
  test('the limits of pixels and bytes can be set', async () => {
    const bytes = await sampleImage(100, 100).png().toBuffer()
    expect(await problemOf(bytes, 'a.png', { ...cover32, maxPixels: 9_999 })).toBe('too-large')
    expect(await problemOf(bytes, 'a.png', { ...cover32, maxBytes: 100 })).toBe('too-large')
    expect(await problemOf(bytes, 'a.png', { ...cover32, maxPixels: 10_000 })).toBe('image')
  })
  test('folder, pipe, device, missing file, link to itself: none is waited for', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'folder.jpg'))
    symlinkSync('self.jpg', join(folder, 'self.jpg'))
    const codeOf = async (path: string) => {
      const result = await decodeImage(path, cover32)
      return result.kind === 'problem' ? result.code : 'image'
    }
    expect(await codeOf(join(folder, 'folder.jpg'))).toBe('not-a-file')
    expect(await codeOf(join(folder, 'missing.jpg'))).toBe('vanished')
    if (process.platform === 'win32') return
    execFileSync('mkfifo', [join(folder, 'pipe.jpg')])
    expect(await codeOf(join(folder, 'pipe.jpg'))).toBe('not-a-file')
    expect(await codeOf('/dev/zero')).toBe('not-a-file')
    expect(await codeOf(join(folder, 'self.jpg'))).toBe('link-loop')
  })
  test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('no permission', async () => {
    const path = join(temporaryFolder(), 'secret.png')
    writeFileSync(path, await sampleImage(10, 10).png().toBuffer(), { mode: 0 })
    expect(await decodeImage(path, cover32)).toMatchObject({ kind: 'problem', code: 'no-permission' })
  })
})

test('a JPEG of 100 megapixels', async () => {
  const bytes = await sharp({ create: { width: 10_000, height: 10_000, channels: 3, background: '#3060a0' } })
    .jpeg()
    .toBuffer()
  const image = await decodeFine(bytes, 'huge.jpg')
  expect([image.width, image.height, image.pixels.length]).toEqual([10_000, 10_000, 3072])
})

test('hashFile gives SHA-256 of any ordinary file, and a reason for others', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'some.bin')
  writeFileSync(path, 'abc')
  utimesSync(path, 1, 1)
  expect(await hashFile(path)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  truncateSync(path)
  expect(statSync(path).size).toBe(0)
  expect(await hashFile(path)).toMatchObject({ code: 'empty' })
  expect(await hashFile(folder)).toMatchObject({ code: 'not-a-file' })
})

/** A PNG of true dimensions as given, whatever its data holds. */
function pngOf(width: number, height: number, scanlines: Buffer): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(scanlines)), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  out.set(body, 4)
  out.writeUInt32BE(crc32(body), body.length + 4)
  return out
}
