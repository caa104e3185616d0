import { readdir, readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { writeContactSheet } from '#engine/exporting/contact-sheet.ts'
import { makeFolder } from './dataset-fixture.ts'

it('shows the most typical images of each cluster in its row, up to the limit, and escapes names in the page', async () => {
  const folder = await makeFolder()
  const colours = ['#ff0000', '#00ff00', '#0000ff']
  const thumbnails = await Promise.all(
    colours.map((background) =>
      sharp({ create: { width: 28, height: 28, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  )
  const clusters = [
    { name: '猫 <b>', count: 1200, reliableCount: 300, thumbnails },
    { name: 'empty', count: 0, reliableCount: 0, thumbnails: [] },
  ]
  const made = await writeContactSheet(folder, clusters, { title: 'test', imagesPerCluster: 2 })
  expect((await readdir(folder)).sort()).toEqual(['contact-sheet.html', 'contact-sheet.jpg'])
  const { data, info } = await sharp(made.imagePath).raw().toBuffer({ resolveWithObject: true })
  const strongest = (x: number, y: number): number => {
    const pixel = [...data.subarray((y * info.width + x) * info.channels).subarray(0, 3)]
    return Math.min(...pixel) > 200 ? -1 : pixel.indexOf(Math.max(...pixel))
  }
  expect([strongest(320, 140), strongest(420, 140), strongest(320, 260)]).toEqual([0, 1, -1])
  const page = await readFile(made.pagePath, 'utf8')
  expect(page).toContain('猫 &#60;b&#62;')
  expect(page.match(/<img /g)).toHaveLength(2)
})
