import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { openForDisplay, readExif } from '#engine/images/display-image.ts'
import { parseExif } from '#engine/images/exif.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'
import { sampleImage } from './sample-images.ts'
import { type TiffTag, tiffOf } from './tiff-file.ts'

const nothing = { camera: null, lens: null, takenAt: null, exposureSeconds: null, aperture: null, iso: null, focalLengthMm: null }
const written = {
  IFD0: { Make: 'Pentax', Model: 'K-1' },
  IFD2: {
    DateTimeOriginal: '2024:05:06 07:08:09',
    ExposureTime: '1/250',
    FNumber: '28/10',
    ISOSpeedRatings: '400',
    FocalLength: '50/1',
    LensModel: 'HD 50',
  },
}
const read = {
  camera: 'Pentax K-1',
  lens: 'HD 50',
  takenAt: '2024-05-06 07:08:09',
  exposureSeconds: 1 / 250,
  aperture: 2.8,
  iso: 400,
  focalLengthMm: 50,
}

it.each(['jpeg', 'webp', 'png'] as const)('reads what was written into a %s', async (format) => {
  const folder = await makeTemporaryFolder()
  writeFileSync(join(folder.path, 'photo'), await sampleImage(20, 10).withExif(written).toFormat(format).toBuffer())
  expect(await readExif(folder.path, 'photo')).toEqual(read)
  writeFileSync(join(folder.path, 'plain'), await sampleImage(20, 10).toFormat(format).toBuffer())
  expect((await readExif(folder.path, 'plain')) ?? nothing).toEqual(nothing)
  expect(await readExif(folder.path, '../photo')).toBeUndefined()
  await folder.remove()
})

it('takes what is left of a block that was cut off or damaged, and never throws', async () => {
  const { exif } = await sharp(await sampleImage(20, 10).withExif(written).jpeg().toBuffer()).metadata()
  for (let length = 0; length <= exif!.length; length++) {
    const cut = await parseExif(exif!.subarray(0, length))
    const { camera, ...others } = read
    expect([null, 'Pentax', 'K-1', camera]).toContain(cut.camera)
    for (const name of Object.keys(others) as (keyof typeof others)[]) expect([null, others[name]]).toContain(cut[name])
  }
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(exif!.length - 1), fc.nat(255)), { maxLength: 20 }), async (changes) => {
      const damaged = Uint8Array.from(exif!)
      for (const [place, value] of changes) damaged[place] = value
      expect(Object.keys(await parseExif(damaged))).toEqual(Object.keys(nothing))
    }),
    { numRuns: 300 },
  )
})

it('does not repeat a maker that is part of the model', async () => {
  const own = { IFD0: { Make: 'NIKON', Model: 'Nikon D70' } }
  const { exif } = await sharp(await sampleImage(20, 10).withExif(own).jpeg().toBuffer()).metadata()
  expect(await parseExif(exif!)).toEqual({ ...nothing, camera: 'Nikon D70' })
})

const tiffTags: readonly TiffTag[] = [
  { tag: 0x010f, text: 'Pentax' },
  { tag: 0x0110, text: 'K-1' },
  { tag: 0x0112, short: 6 },
  {
    tag: 0x8769,
    directory: [
      { tag: 0x829a, rational: [1, 250] },
      { tag: 0x8827, short: 400 },
      { tag: 0x9003, text: '2024:05:06 07:08:09' },
    ],
  },
]
const ofTiff = { ...nothing, camera: 'Pentax K-1', takenAt: '2024-05-06 07:08:09', exposureSeconds: 1 / 250, iso: 400 }

it.each(['II', 'MM'] as const)(
  'reads the tags of a TIFF in order %s, before and behind its pixels, and turns it as they say',
  async (order) => {
    const folder = await makeTemporaryFolder()
    for (const tagsFirst of [true, false]) {
      const bytes = tiffOf({ widthPx: 20, heightPx: 10, order, tagsFirst, tags: tiffTags })
      writeFileSync(join(folder.path, 'photo.tif'), bytes)
      expect(await sharp(bytes).metadata()).toMatchObject({ format: 'tiff', width: 20, height: 10, orientation: 6 })
      expect(await readExif(folder.path, 'photo.tif')).toEqual(ofTiff)
      const shown = await openForDisplay(folder.path, 'photo.tif', 'tiff')
      expect(await sharp(shown!.body as Uint8Array).metadata()).toMatchObject({ width: 10, height: 20 })
    }
    writeFileSync(join(folder.path, 'plain.tif'), await sampleImage(20, 10).tiff().toBuffer())
    expect(await readExif(folder.path, 'plain.tif')).toEqual(nothing)
    await folder.remove()
  },
)

it('reads of a large TIFF little more than its tags', async () => {
  const bytes = tiffOf({ widthPx: 400, heightPx: 300, order: 'II', tagsFirst: false, tags: tiffTags })
  let readBytes = 0
  const read = async (at: number, length: number): Promise<DataView> => {
    readBytes += length
    return new DataView(bytes.buffer, bytes.byteOffset + at, length)
  }
  expect(await parseExif({ sizeBytes: bytes.length, read })).toEqual(ofTiff)
  expect(readBytes).toBeLessThan(400)
  for (let length = 0; length < 60; length++) {
    const sizeBytes = bytes.length - length * 4
    expect([null, ofTiff.camera, 'Pentax', 'K-1']).toContain((await parseExif({ sizeBytes, read })).camera)
  }
})
