import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser } from '../renderer/browser.ts'
import { tinyImageCount } from '../tiny-project.ts'
import { openPage, type PageFixture } from './page-fixture.ts'

describe.runIf(hasBrowser())('clusters and images', () => {
  let app: PageFixture
  beforeAll(async () => {
    app = await openPage({ clustered: true })
  })
  afterAll(() => app?.close())

  const counts = async (): Promise<number[]> =>
    (await app.client.clusters.list())
      .map(({ imageCount }) => imageCount)
      .filter((count) => count > 0)
      .sort((a, b) => b - a)
  const tiles = () => app.page.locator('[role=option]')

  it('shows every cluster as a card with its pictures, sorted and filtered by name', async () => {
    await app.page.getByRole('link', { name: 'Clusters' }).click()
    const before = await counts()
    await expect.poll(() => tiles().count()).toBe(before.length)
    await expect.poll(() => app.page.locator('.mosaic img').count()).toBeGreaterThan(before.length)
    await app.page.getByPlaceholder('Filter by name').fill('no such name')
    await app.page.getByText('No cluster is called “no such name”.').waitFor()
    await app.page.getByPlaceholder('Filter by name').fill('')
  })

  it('renames by key, and undoes', async () => {
    await tiles().first().click()
    await app.page.keyboard.press('F2')
    await app.page.getByRole('dialog').getByRole('combobox').fill('苹果 "red" / <b>')
    await app.page.keyboard.press('Enter')
    await expect.poll(() => tiles().first().textContent()).toContain('苹果 "red" / <b>')
    await app.page
      .getByRole('status')
      .getByRole('button', { name: 'Undo' })
      .or(app.page.getByRole('button', { name: 'Undo' }))
      .first()
      .click()
    await expect.poll(() => tiles().first().textContent()).not.toContain('苹果')
  })

  it('moves images that were selected with the keyboard alone, over a restart undone', async () => {
    const before = await counts()
    await app.goto('/images')
    const grid = app.page.getByRole('listbox', { name: 'All images' })
    await grid.focus()
    await app.page.keyboard.press('ArrowRight')
    for (const _ of [1, 2]) await app.page.keyboard.press('Shift+ArrowRight')
    await app.page.getByText('3 images', { exact: true }).first().waitFor()
    await app.page.keyboard.press('c')
    await app.page.getByRole('dialog').getByRole('combobox').fill('新的')
    await app.page.keyboard.press('Enter')
    await expect.poll(counts).toContain(3)

    await app.restart()
    await app.page.getByRole('listbox', { name: 'All images' }).waitFor()
    await app.page.keyboard.press('Control+Z')
    await expect.poll(counts).toEqual(before)
    await app.page.keyboard.press('Control+Shift+Z')
    await expect.poll(counts).toContain(3)
    await app.page.keyboard.press('Control+Z')
    await expect.poll(counts).toEqual(before)
  })

  it('selects with mouse: one, a range, more, a rectangle, all', async () => {
    await app.goto('/images?sort=path')
    await expect.poll(() => tiles().count()).toBe(tinyImageCount)
    const selected = () => app.page.locator('[role=option][aria-selected=true]').count()
    await tiles().nth(2).click()
    await expect.poll(selected).toBe(1)
    await tiles()
      .nth(6)
      .click({ modifiers: ['Shift'] })
    await expect.poll(selected).toBe(5)
    await tiles()
      .nth(4)
      .click({ modifiers: ['Alt'] })
    await expect.poll(selected).toBe(4)
    await tiles()
      .nth(9)
      .click({ modifiers: ['Control'] })
    await expect.poll(selected).toBe(5)
    await app.page.keyboard.press('Escape')
    await expect.poll(selected).toBe(0)

    const first = (await tiles().nth(0).boundingBox())!
    const ninth = (await tiles().nth(8).boundingBox())!
    await app.page.mouse.move(first.x + 8, first.y + 8)
    await app.page.mouse.down()
    await app.page.mouse.move(ninth.x + 40, ninth.y + 40, { steps: 8 })
    await expect.poll(selected).toBe(4)
    await app.page.mouse.up()
    await expect.poll(selected).toBe(4)
    await app.page.keyboard.press('Control+A')
    await expect.poll(selected).toBe(tinyImageCount)
    await app.page.keyboard.press('Escape')
  })

  it('merges two clusters by key and splits one; both come back', async () => {
    const before = await counts()
    await app.goto('/clusters')
    await expect.poll(() => tiles().count()).toBe(before.length)
    await tiles().first().click()
    await app.page.keyboard.press('s')
    await expect.poll(async () => (await counts()).length).toBe(before.length + 1)
    await expect.poll(() => tiles().count()).toBe(before.length + 1)
    await app.page.locator('[role=option][aria-selected=true]').nth(1).waitFor()
    await app.page.keyboard.press('Control+A')
    await app.page.keyboard.press('m')
    await expect.poll(counts).toEqual([tinyImageCount])
    await app.page.keyboard.press('Control+Z')
    await app.page.keyboard.press('Control+Z')
    await expect.poll(counts).toEqual(before)
  })

  it('opens an image large, goes on, rejects it, and closes', async () => {
    await app.goto('/images?sort=path')
    await tiles().first().click()
    await app.page.keyboard.press('Space')
    await app.page.getByText(`1 of ${tinyImageCount}`).waitFor()
    await app.page.keyboard.press('ArrowRight')
    await app.page.getByText(`2 of ${tinyImageCount}`).waitFor()
    await app.page.keyboard.press('x')
    await app.page.getByText(`3 of ${tinyImageCount}`).waitFor()
    await expect.poll(async () => (await app.client.images.list({ filter: { rejected: true } })).total).toBe(1)
    await app.page.keyboard.press('Escape')
    await app.page.getByRole('listbox', { name: 'All images' }).waitFor()
    await app.page.keyboard.press('Control+Z')
    await expect.poll(async () => (await app.client.images.list({ filter: { rejected: true } })).total).toBe(0)
  })

  it('left the browser without a complaint', () => {
    expect(app.complaints).toEqual([])
  })
})
