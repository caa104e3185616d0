import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser } from '../renderer/browser.ts'
import { makeTinyImages, tinyImageCount } from '../tiny-project.ts'
import { openPage, type PageFixture } from './page-fixture.ts'

describe.runIf(hasBrowser())('somebody who is here for the first time, without a mouse', () => {
  let app: PageFixture
  beforeAll(async () => {
    app = await openPage()
    await makeTinyImages(join(app.folder, 'images'))
  })
  afterAll(() => app?.close())

  const focused = () => app.page.evaluate<string>("document.activeElement.getAttribute('role') ?? document.activeElement.tagName")
  const selected = () => app.page.locator('[role=option][aria-selected=true]')
  const press = async (...keys: string[]): Promise<void> => {
    for (const key of keys) await app.page.keyboard.press(key)
  }

  it('is asked for the place of a project, with the keys where they are needed', async () => {
    await app.page.keyboard.press('Control+N')
    const folder = app.page.getByRole('dialog').getByRole('textbox').first()
    await folder.waitFor()
    await expect.poll(focused).toBe('INPUT')
    await press('Escape')
  })

  it('is offered a usual number of clusters, also when the images came after the project', async () => {
    await app.client.project.create({ path: join(app.folder, 'new.spicerack') })
    await app.page.getByRole('button', { name: 'Close project' }).waitFor()
    await app.client.images.import({ folder: join(app.folder, 'images') })
    await expect.poll(async () => (await app.client.project.get())?.images.ok).toBe(tinyImageCount)
    await press('Control+2')
    await app.page.getByRole('heading', { level: 1, name: 'Run' }).waitFor()
    await expect.poll(() => app.page.getByLabel('Clusters to find').inputValue()).toBe('10')
  })

  it('starts the run from the field of the number, and goes on to what came out', { timeout: 240_000 }, async () => {
    await app.page.getByText('Quick', { exact: true }).click()
    await app.page.getByLabel('Clusters to find').fill('2')
    await press('Control+Enter')
    await expect.poll(async () => (await app.client.runs.list()).map(({ clusterCount }) => clusterCount)).toEqual([2])
    const next = app.page.getByRole('link', { name: 'Go on: look at the clusters' })
    await next.waitFor({ timeout: 200_000 })
    await next.focus()
    await press('Enter')
  })

  it('has the keys on the wall, in the grid, and there again after the large view', async () => {
    await expect.poll(focused).toBe('listbox')
    await press('ArrowRight')
    await expect.poll(() => selected().count()).toBe(1)
    await press('Enter')
    await app.page.getByRole('listbox', { name: 'Images' }).or(app.page.locator('.grid')).first().waitFor()
    await expect.poll(focused).toBe('listbox')
    await press('ArrowRight', 'Shift+ArrowRight')
    await expect.poll(() => selected().count()).toBe(2)
    await press('Space')
    await app.page
      .getByText(/^\d+ of \d+$/)
      .first()
      .waitFor()
    await press('Escape')
    await expect.poll(focused).toBe('listbox')
    await press('Control+4')
    await expect.poll(focused, { timeout: 30_000 }).toBe('application')
    expect(app.complaints).toEqual([])
  })
})
