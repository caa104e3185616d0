import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type DisplayImage, openForDisplay } from '#engine/images/display-image.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
const root = (): string => join(folder.path, 'photos')
const bytesOf = async ({ body }: DisplayImage): Promise<Buffer> => Buffer.from(await new Response(body).arrayBuffer())

beforeAll(async () => {
  folder = await makeTemporaryFolder()
  mkdirSync(root())
  const picture = sharp({ create: { width: 5000, height: 40, channels: 3, background: '#a06010' } })
  await picture.clone().png().toFile(join(root(), 'wide.png'))
  await picture.clone().tiff().toFile(join(root(), 'wide.tif'))
  writeFileSync(join(folder.path, 'secret.png'), 'not for the page')
  symlinkSync(join(folder.path, 'secret.png'), join(root(), 'link.png'))
})
afterAll(() => folder.remove())

it('gives the bytes of the file where a browser knows the format', async () => {
  const shown = (await openForDisplay(root(), 'wide.png', 'png'))!
  expect([shown.type, (await sharp(await bytesOf(shown)).metadata()).width]).toEqual(['image/png', 5000])
})

it('converts what a browser does not know, no larger than a screen needs', async () => {
  const shown = (await openForDisplay(root(), 'wide.tif', 'tiff'))!
  const { width, height, format } = await sharp(await bytesOf(shown)).metadata()
  expect([shown.type, format, width, height]).toEqual(['image/webp', 'webp', 4096, 33])
})

it('gives nothing that is gone, or that lies outside its folder', async () => {
  expect(await openForDisplay(root(), 'gone.png', 'png')).toBeUndefined()
  expect(await openForDisplay(root(), '../secret.png', 'png')).toBeUndefined()
  expect(await openForDisplay(root(), 'link.png', 'png')).toBeUndefined()
})
