import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser } from '../renderer/browser.ts'
import { tinyImageCount } from '../tiny-project.ts'
import { seriousFindings } from './accessibility.ts'
import { openPage, type PageFixture } from './page-fixture.ts'

describe.runIf(hasBrowser())('wall and grid', () => {
  let app: PageFixture
  beforeAll(async () => {
    app = await openPage({ clustered: true })
    await app.client.classes.create({ name: 'apple' })
  })
  afterAll(() => app?.close())

  const options = () => app.page.locator('[role=option]')
  const sizes = async (): Promise<number[]> => (await app.client.clusters.list()).map(({ imageCount }) => imageCount)
  const rejectedCount = async (): Promise<number> => (await app.client.images.list({ filter: { rejected: true } })).total

  it('gives a class to the selected clusters by a click, and to a card that is dropped on it', async () => {
    await app.goto('/clusters')
    const target = app.page.getByRole('complementary').getByRole('button', { name: 'apple' })
    await options().first().click()
    await target.click()
    await expect.poll(async () => (await app.client.mappings.list()).length).toBe(1)
    await app.page.keyboard.press('Control+Z')
    await expect.poll(async () => (await app.client.mappings.list()).length).toBe(0)
    await options().first().dragTo(target)
    await expect.poll(async () => (await app.client.mappings.list()).length).toBe(1)
    await app.page.keyboard.press('Control+Z')
    await expect.poll(async () => (await app.client.mappings.list()).length).toBe(0)
  })

  it('renames from the menu of a card', async () => {
    await options().first().click({ button: 'right' })
    await app.page.getByRole('menuitem', { name: 'Rename' }).click()
    await app.page.getByRole('dialog').getByRole('combobox').fill('by menu')
    await app.page.keyboard.press('Enter')
    await expect.poll(() => options().first().textContent()).toContain('by menu')
    await app.page.keyboard.press('Control+Z')
    await expect.poll(() => options().first().textContent()).not.toContain('by menu')
  })

  it('rejects from the menu of an image, shows it by its band, and takes it back by key', async () => {
    await app.goto('/images?sort=path')
    await options().nth(3).click({ button: 'right' })
    await app.page.getByRole('menuitem', { name: /^Reject/ }).click()
    await expect.poll(rejectedCount).toBe(1)
    await app.page.getByLabel('Trust').selectOption('Rejected')
    await expect.poll(() => options().count()).toBe(1)
    expect(app.page.url()).toContain('band=rejected')
    await options().first().click()
    await app.page.keyboard.press('Shift+X')
    await expect.poll(rejectedCount).toBe(0)
    await app.page.getByText('No image matches this filter.').waitFor()
    await app.page.getByRole('button', { name: 'Clear filters' }).click()
    await expect.poll(() => options().count()).toBe(tinyImageCount)
  })

  it('moves selected images that are dropped on a cluster of the side list, and goes there by a click', async () => {
    const { newClusterId } = await app.client.clusters.create({ name: 'target' })
    await app.page.reload()
    await options().nth(0).click()
    await options()
      .nth(2)
      .click({ modifiers: ['Shift'] })
    const target = app.page.getByRole('complementary').getByRole('link', { name: 'target' })
    await options().nth(1).dragTo(target)
    const sizeOfTarget = async () => (await app.client.clusters.list()).find(({ id }) => id === newClusterId)?.imageCount
    await expect.poll(sizeOfTarget).toBe(3)
    await target.click()
    await expect.poll(() => options().count()).toBe(3)
    await app.page.getByRole('heading', { level: 1, name: 'target' }).waitFor()
    await app.page.keyboard.press('Control+Z')
    await expect.poll(sizeOfTarget).toBe(0)
    await app.page.keyboard.press('Control+Z')
    await expect.poll(async () => (await sizes()).reduce((sum, size) => sum + size, 0)).toBe(tinyImageCount)
  })

  it('folds the inspector into a drawer where the window is narrow, and leaves it beside the content where it is wide', async () => {
    const { page } = app
    const inspector = page.getByRole('complementary', { name: 'Inspector' })
    const fold = page.getByRole('button', { name: 'Show or hide inspector' })
    await app.goto('/images?sort=path')
    await inspector.waitFor()
    await page.setViewportSize({ width: 900, height: 640 })
    await expect.poll(() => inspector.count()).toBe(0)
    await fold.click()
    await inspector.waitFor()
    // However many lines the toolbar has, its button stays where it can be reached.
    await fold.click()
    await expect.poll(() => inspector.count()).toBe(0)
    await page.setViewportSize({ width: 1360, height: 860 })
    await inspector.waitFor()
    await options().first().dblclick()
    await page.getByText(`1 of ${tinyImageCount}`).waitFor()
    expect(await inspector.count()).toBe(0)
    await page.keyboard.press('Escape')
    await inspector.waitFor()
  })

  it('makes no page larger than the window', async () => {
    for (const path of ['/', '/import', '/run', '/clusters', '/images', '/align', '/review', '/export', '/settings', '/compute']) {
      await app.goto(path)
      await app.page.waitForTimeout(300)
      const size = '[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight].join()'
      expect([path, await app.page.evaluate(size)]).toEqual([path, '0,0'])
    }
  })

  it.each(['light', 'dark'] as const)('has no serious finding of axe in the %s theme', async (colorScheme) => {
    await app.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await app.goto('/clusters')
    await app.page.locator('.mosaic img').first().waitFor()
    await options().first().click()
    expect(await seriousFindings(app.page)).toEqual([])
    await app.goto('/images')
    await app.page.getByRole('heading', { level: 1, name: 'All images' }).waitFor()
    await options().first().click()
    expect(await seriousFindings(app.page)).toEqual([])
    await app.page.keyboard.press('Space')
    await app.page.getByText(`1 of ${tinyImageCount}`).waitFor()
    expect(await seriousFindings(app.page)).toEqual([])
    await app.page.keyboard.press('Escape')
  })

  it('left the browser without a complaint', () => {
    expect(app.complaints).toEqual([])
  })
})
