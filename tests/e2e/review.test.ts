import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser } from '../renderer/browser.ts'
import { makeTinyImages, tinyRun, untilAtRest } from '../tiny-project.ts'
import { openPage, type PageFixture } from './page-fixture.ts'

describe.runIf(hasBrowser())('review', () => {
  let app: PageFixture
  beforeAll(async () => {
    app = await openPage({ clustered: true })
    // Groups so small that hardly one fills a block.
    await untilAtRest(app.client, (await app.client.runs.create({ ...tinyRun, clusterCount: 8 })).job.id)
    await app.page.reload()
  })
  afterAll(() => app?.close())

  const confirmedCount = async (): Promise<number> => (await app.client.images.list({ filter: { confirmed: true } })).total
  const toDo = async (): Promise<number> =>
    (await app.client.images.list({ filter: { status: 'ok', confirmed: false, rejected: false } })).total

  it('shows every image in blocks before it says that all were seen, and asks a whole block again when its answer is undone', async () => {
    const all = await toDo()
    await app.goto('/review?mode=blocks')
    const progress = (seen: number) => app.page.getByText(`${seen} of ${all}`).waitFor()
    await app.page.getByRole('button', { name: /are right/ }).waitFor()
    await app.page.keyboard.press('Enter')
    await expect.poll(toDo).toBeLessThan(all)
    const afterFirst = await toDo()
    await progress(all - afterFirst)
    await app.page.keyboard.press('Control+Z')
    await expect.poll(toDo).toBe(all)
    await progress(0)
    for (let left = all; left > 0; left = await toDo()) {
      await app.page.keyboard.press('Enter')
      await expect.poll(toDo).toBeLessThan(left)
    }
    await app.page.getByText('You have seen them all').waitFor()
    expect(await toDo()).toBe(0)
  })

  it('goes back to the image whose answer is undone, also when it was answered twice', async () => {
    for (let left = await confirmedCount(); left > 0; left = await confirmedCount()) await app.client.edits.undo()
    await app.goto('/review?mode=uncertain')
    const shown = async (): Promise<string> =>
      ((await app.page.locator('.single img').first().getAttribute('src')) ?? '').split('/').at(-1)!
    await expect.poll(shown).not.toBe('')
    const first = await shown()
    await app.page.keyboard.press('Enter')
    await expect.poll(shown).not.toBe(first)
    const second = await shown()
    await app.page.keyboard.press('Enter')
    await expect.poll(shown).not.toBe(second)
    for (const image of [second, first]) {
      await app.page.getByRole('button', { name: /^Image before/ }).click()
      await expect.poll(shown).toBe(image)
    }
    await app.page.getByRole('button', { name: /^Reject/ }).click()
    await expect.poll(shown).toBe(second)
    await app.page.keyboard.press('Control+Z')
    await expect.poll(shown).toBe(first)
    await app.page.keyboard.press('Control+Z')
    await expect.poll(shown).toBe(second)
  })

  it('forgets what was selected when another project is opened', async () => {
    const selection = () => app.page.getByRole('toolbar', { name: 'What to do with the selection' })
    const images = () => app.page.getByRole('listbox').getByRole('option')
    const other = join(app.folder, 'other.spicerack')
    const before = (await app.client.engine.status()).project!.path
    await app.goto('/images')
    await images().first().waitFor()
    await app.page.keyboard.press('Control+A')
    await selection().waitFor()
    await app.client.project.close()
    await makeTinyImages(join(app.folder, 'other-images'), 8)
    await app.client.project.create({ path: other })
    await untilAtRest(app.client, (await app.client.images.import({ folder: join(app.folder, 'other-images') })).id)
    await untilAtRest(app.client, (await app.client.runs.create(tinyRun)).job.id)
    await app.goto('/images')
    await expect.poll(() => images().count()).toBe(8)
    expect(await selection().count()).toBe(0)
    await app.client.project.close()
    await app.client.project.open({ path: before })
  })

  it('complained about nothing', () => {
    expect(app.complaints).toEqual([])
  })
})
