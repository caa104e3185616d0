import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { readExif } from '#engine/images/display-image.ts'
import { parseExif } from '#engine/images/exif.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'
import { sampleImage } from './sample-images.ts'

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
    const cut = parseExif(exif!.subarray(0, length))
    const { camera, ...others } = read
    expect([null, 'Pentax', 'K-1', camera]).toContain(cut.camera)
    for (const name of Object.keys(others) as (keyof typeof others)[]) expect([null, others[name]]).toContain(cut[name])
  }
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(exif!.length - 1), fc.nat(255)), { maxLength: 20 }), (changes) => {
      const damaged = Uint8Array.from(exif!)
      for (const [place, value] of changes) damaged[place] = value
      expect(Object.keys(parseExif(damaged))).toEqual(Object.keys(nothing))
    }),
    { numRuns: 300 },
  )
})

it('does not repeat a maker that is part of the model', async () => {
  const own = { IFD0: { Make: 'NIKON', Model: 'Nikon D70' } }
  const { exif } = await sharp(await sampleImage(20, 10).withExif(own).jpeg().toBuffer()).metadata()
  expect(parseExif(exif!)).toEqual({ ...nothing, camera: 'Nikon D70' })
})
