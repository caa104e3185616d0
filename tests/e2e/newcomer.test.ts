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
  })

  /** What has the keys, as a person reads it. */
  const held = () => app.page.evaluate<string>("document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText")
  const tabTo = async (name: RegExp): Promise<void> => {
    for (let stops = 0; stops < 60 && !name.test(await held()); stops++) await press('Tab')
    expect(await held()).toMatch(name)
  }
  const isOnPage = () => app.page.evaluate<boolean>("document.activeElement.closest('.page') !== null")
  const selectedText = () => app.page.evaluate<string>('String(getSelection())')

  it('goes from cluster to cluster giving each a class, the name of a cluster being offered as one', async () => {
    const [first, second] = (await app.client.clusters.list()).filter(({ imageCount }) => imageCount > 0)
    await app.client.clusters.rename({ clusterId: first!.id, name: '苹果' })
    await press('Control+5')
    await app.page.getByRole('button', { name: /^苹果/ }).waitFor()
    await tabTo(/^苹果/)
    await press('Control+A')
    expect(await selectedText()).toBe('')
    await press('Enter', 'End', 'Enter')
    await expect.poll(() => app.page.getByRole('dialog').getByLabel('Class').inputValue()).toBe('苹果')
    await press('Enter')
    await expect.poll(async () => (await app.client.classes.list()).map(({ name }) => name)).toEqual(['苹果'])
    await expect.poll(held).toMatch(new RegExp(`^${second!.name}`))
    await press('Enter')
    await app.page.getByRole('menuitem', { name: '苹果' }).waitFor()
    await press('Home', 'Enter')
    await expect.poll(async () => (await app.client.mappings.list()).length).toBe(2)
    await expect.poll(isOnPage).toBe(true)
  })

  it('changes the way to review by arrows, audits a class and leaves the audit', async () => {
    await press('Control+6')
    await app.page.getByRole('button', { name: /^Reject/ }).waitFor()
    await app.page.getByLabel('Least sure first').focus()
    await press('ArrowRight')
    await expect.poll(() => app.page.url()).toContain('mode=examples')
    await press('ArrowRight', 'ArrowRight')
    await expect.poll(() => app.page.url()).toContain('mode=audit')
    await app.page.getByRole('link', { name: /^Look at \d+ images/ }).waitFor()
    await tabTo(/^Look at \d+ images/)
    await press('Enter')
    await app.page.getByRole('heading', { name: 'Is this 苹果?' }).waitFor()
    await expect.poll(focused).toBe('MAIN')
    await press('Enter')
    await app.page.getByText(/1 of \d+/).waitFor()
    await press('Escape')
    await expect.poll(() => app.page.url()).not.toContain('class=')
    await expect.poll(focused).toBe('MAIN')
  })

  it('exports, and still has the keys on the page', { timeout: 60_000 }, async () => {
    await press('Control+7')
    await app.page.getByRole('button', { name: /^Export \d+ images/, disabled: false }).waitFor()
    await tabTo(/^Export \d+ images/)
    await press('Enter')
    await expect.poll(async () => (await app.client.exports.list()).map(({ state }) => state), { timeout: 30_000 }).toEqual(['completed'])
    await app.page.getByText('complete', { exact: false }).first().waitFor()
    await expect.poll(held).toMatch(/^Export \d+ images/)
    expect(app.complaints).toEqual([])
  })
})
