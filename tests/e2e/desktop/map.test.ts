import type { Locator } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tinyImageCount } from '../../tiny-project.ts'
import { hasElectron } from './electron-binary.ts'
import { openTrainedDesktop, type TinyDesktop } from './tiny-desktop.ts'

describe.runIf(hasElectron())('the map in the desktop window', () => {
  let tiny: TinyDesktop

  beforeAll(async () => {
    tiny = await openTrainedDesktop()
  })
  afterAll(() => tiny?.desktop.close())

  const plane = (): Locator => tiny.running.page.getByRole('application')
  const rows = (): Locator => tiny.running.page.getByRole('table').getByRole('row')
  const bar = (): Locator => tiny.running.page.getByRole('toolbar', { name: 'What to do with the selection' })
  const canDraw = () => tiny.running.page.evaluate("document.createElement('canvas').getContext('webgl2') !== null")

  /** Colours of the picture that are not near grey, by their hue in twelfths, with the number of their pixels. */
  async function huesIn(picture: Buffer): Promise<Map<number, number>> {
    const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true })
    const hues = new Map<number, number>()
    for (let at = 0; at < data.length; at += info.channels) {
      const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!]
      const most = Math.max(red, green, blue)
      const range = most - Math.min(red, green, blue)
      if (range < 60) continue
      const turn = most === red ? (green - blue) / range : most === green ? 2 + (blue - red) / range : 4 + (red - green) / range
      const hue = Math.floor(((turn + 6) % 6) * 2)
      hues.set(hue, (hues.get(hue) ?? 0) + 1)
    }
    return hues
  }

  async function showsPoints(): Promise<void> {
    await plane().waitFor({ timeout: 60_000 })
    expect(await plane().getAttribute('aria-label')).toBe(`Map of ${tinyImageCount} images`)
    // Two clusters, and pictures of two kinds: what is drawn has more than one colour.
    await expect
      .poll(async () => [...(await huesIn(await plane().screenshot())).values()].filter((count) => count > 30).length, { timeout: 20_000 })
      .toBeGreaterThan(1)
    const box = (await plane().boundingBox())!
    await tiny.running.page.mouse.move(box.x + 3, box.y + 3)
    await tiny.running.page.mouse.down()
    for (const [x, y] of [
      [box.width - 3, 3],
      [box.width - 3, box.height - 3],
      [3, box.height - 3],
    ] as const)
      await tiny.running.page.mouse.move(box.x + x, box.y + y, { steps: 4 })
    await tiny.running.page.mouse.up()
    await expect.poll(() => bar().textContent()).toContain(`${tinyImageCount} images`)
    await tiny.running.page.keyboard.press('Escape')
    await expect.poll(() => bar().count()).toBe(0)
    await tiny.running.page.getByRole('button', { name: 'Table' }).click()
  }

  async function showsMessage(): Promise<void> {
    await tiny.running.page.getByText('WebGL2').waitFor({ timeout: 60_000 })
    expect(await plane().count()).toBe(0)
    expect(await tiny.running.page.getByRole('button', { name: 'Table' }).count()).toBe(0)
  }

  async function showsTable(): Promise<void> {
    await expect.poll(() => rows().count()).toBe(tinyImageCount + 1)
    await rows().nth(3).getByRole('checkbox').check()
    await expect.poll(() => bar().textContent()).toContain('One image')
    await tiny.running.page.keyboard.press('Escape')
    await expect.poll(() => bar().count()).toBe(0)
  }

  it('draws the points, else says why not and gives them as a table', async () => {
    const { page, complaints } = tiny.running
    await page.getByRole('link', { name: 'Map' }).click()
    if (await canDraw()) await showsPoints()
    else await showsMessage()
    await showsTable()
    expect(complaints).toEqual([])
  })

  it('has the pictures of the grid beside it', async () => {
    const { page, complaints } = tiny.running
    await page.getByRole('button', { name: 'Grid' }).click()
    const tiles = page.locator('.beside [role=option]')
    await expect.poll(async () => (await tiles.first().boundingBox())?.width ?? 0).toBeGreaterThan(60)
    await expect.poll(() => page.evaluate("document.querySelector('.beside [role=option] img')?.naturalWidth > 0")).toBe(true)
    await tiles.nth(2).click()
    await expect.poll(() => bar().textContent()).toContain('One image')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Grid' }).click()
    expect(complaints).toEqual([])
  })

  it('without anything to draw with says so, and gives the same images as a table', async () => {
    await tiny.quit()
    await tiny.startAgain('--disable-software-rasterizer')
    expect(await canDraw()).toBe(false)
    await tiny.running.page.getByRole('link', { name: 'Map' }).click()
    await showsMessage()
    await showsTable()
    expect(tiny.running.complaints).toEqual([])
  })
})
