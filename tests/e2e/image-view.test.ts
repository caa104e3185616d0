import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser } from '../renderer/browser.ts'
import { tinyImageCount } from '../tiny-project.ts'
import { seriousFindings } from './accessibility.ts'
import { openPage, type PageFixture } from './page-fixture.ts'

describe.runIf(hasBrowser())('the large view of an image', () => {
  let app: PageFixture
  beforeAll(async () => {
    app = await openPage({ clustered: true })
    const path = join(app.folder, 'images', 'apples', 'apples-00.png')
    const exif = { IFD0: { Make: 'Pentax', Model: 'K-1' }, IFD2: { DateTimeOriginal: '2024:05:06 07:08:09', FNumber: '28/10' } }
    writeFileSync(path, await sharp(path).withExif(exif).png().toBuffer())
  })
  afterAll(() => app?.close())

  const view = (): Locator => app.page.getByRole('region', { name: /\.png$/ })
  const section = (title: string): Locator => view().locator('section').filter({ hasText: title })
  const similar = (): Locator => section('Looks most like').getByRole('listitem')

  it('tells what the camera wrote, and what the run did', async () => {
    await app.goto('/images?sort=path')
    await app.page.locator('[role=option]').first().dblclick()
    await app.page.getByText(`1 of ${tinyImageCount}`).waitFor()
    await expect.poll(() => section('Photograph').textContent()).toMatch(/2024-05-06 07:08:09.*Pentax K-1.*f\/2\.8/)
    await expect.poll(() => section('History').textContent()).toMatch(/Run: found in Cluster \d, \d+ % sure/)
    await app.page.keyboard.press('ArrowRight')
    await app.page.getByText(`2 of ${tinyImageCount}`).waitFor()
    await expect.poll(() => section('Photograph').count()).toBe(0)
  })

  it('shows the twelve that look most alike, and goes to one of them by a click', async () => {
    await expect.poll(() => similar().count()).toBe(12)
    const imageId = (await app.client.images.list({ sort: 'path' })).images[1]!.id
    const [nearest] = await app.client.images.similar({ imageId })
    const { path } = await app.client.images.get({ imageId: nearest!.imageId })
    await similar().first().getByRole('button').click()
    await expect.poll(() => view().getAttribute('aria-label')).toBe(path)
    await expect.poll(() => similar().count()).toBe(12)
  })

  it('keeps the history of what a person does, without what is undone', async () => {
    await app.page.keyboard.press('x')
    await app.page.keyboard.press('ArrowLeft')
    await expect.poll(() => section('History').textContent()).toContain('reject images')
    await app.page.keyboard.press('Control+Z')
    await expect.poll(() => section('History').textContent()).not.toContain('reject images')
  })

  it.each(['light', 'dark'] as const)('has no serious finding of axe in the %s theme', async (colorScheme) => {
    await app.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    expect(await seriousFindings(app.page)).toEqual([])
  })

  it('gives what is similar as a grid, by key and from the menu, and goes back to all', async () => {
    const tiles = app.page.locator('[role=option]')
    const current = (await view().getAttribute('aria-label'))!.split('/').at(-1)!
    await app.page.keyboard.press('n')
    await app.page.getByRole('heading', { level: 1, name: `Similar to ${current}` }).waitFor()
    await expect.poll(() => tiles.first().getAttribute('aria-label')).toContain(current)
    await tiles.nth(3).click({ button: 'right' })
    const next = (await tiles.nth(3).getAttribute('aria-label'))!.split(',')[0]!.split('/').at(-1)!
    await app.page.getByRole('menuitem', { name: 'Find similar images' }).click()
    await app.page.getByRole('heading', { level: 1, name: `Similar to ${next}` }).waitFor()
    await app.page.keyboard.press('Control+A')
    await expect.poll(() => app.page.getByRole('toolbar').textContent()).toContain(`${tinyImageCount} images`)
    await app.page.getByRole('link', { name: 'Show all images' }).click()
    await app.page.getByRole('heading', { level: 1, name: 'All images' }).waitFor()
  })

  it('left the browser without a complaint', () => {
    expect(app.complaints).toEqual([])
  })
})
