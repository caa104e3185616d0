import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Audit } from '#shared/contract/audits.ts'
import type { ClassId } from '#shared/entities.ts'
import { hasBrowser } from '../renderer/browser.ts'
import { tinyImageCount } from '../tiny-project.ts'
import { seriousFindings } from './accessibility.ts'
import { openPage, type PageFixture } from './page-fixture.ts'

describe.runIf(hasBrowser())('the audit of a class', () => {
  let app: PageFixture
  let apple: ClassId
  let lime: ClassId
  beforeAll(async () => {
    app = await openPage({ clustered: true })
    apple = (await app.client.classes.create({ name: '苹果', key: '1' })).classId
    lime = (await app.client.classes.create({ name: 'lime', key: '2' })).classId
    const clusters = await app.client.clusters.list()
    // All images are of one class, so that its size is known.
    await app.client.mappings.apply({ mappings: clusters.map(({ id }) => ({ clusterId: id, classId: apple })) })
    await app.page.reload()
  })
  afterAll(() => app?.close())

  const audit = async (): Promise<Audit> => (await app.client.audits.list()).find(({ classId }) => classId === apple)!
  const answers = async (): Promise<[looked: number, right: number]> => {
    const { looked, right } = await audit()
    return [looked, right]
  }
  async function expectAccessible(): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await app.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      expect(await seriousFindings(app.page)).toEqual([])
    }
  }
  const open = () => app.goto(`/review?mode=audit&class=${apple}`)

  it('begins from the table of classes and takes answers by key', async () => {
    await app.goto('/review?mode=audit')
    await app.page.getByRole('link', { name: 'Look at 30 images 苹果' }).waitFor()
    await expectAccessible()
    await app.page.getByRole('link', { name: 'Look at 30 images 苹果' }).click()
    await app.page.getByRole('heading', { name: 'Is this 苹果?' }).waitFor()
    await expectAccessible()
    await app.page.keyboard.press('Enter')
    await app.page.getByRole('button', { name: /^Wrong/ }).click()
    // Not the button that was clicked.
    for (const key of ['Enter', '2', '1']) await app.page.keyboard.press(key)
    await expect.poll(answers).toEqual([5, 3])
    expect((await app.client.images.list({ filter: { rejected: true } })).total).toBe(1)
    expect((await app.client.images.list({ filter: { classId: lime } })).total).toBe(1)
    expect((await app.client.images.list({ filter: { classId: apple, labelSource: 'human' } })).total).toBe(3)
  })

  it('undoes the last answer and asks again, over a restart too', async () => {
    await app.page.getByRole('button', { name: /^Back/ }).click()
    await expect.poll(answers).toEqual([4, 2])
    await app.page.getByText('4 of 30').waitFor()
    await app.restart()
    await app.page.getByRole('heading', { name: 'Is this 苹果?' }).waitFor()
    expect(await answers()).toEqual([4, 2])
    await app.page.getByText('0 of 30').waitFor()
    await app.page.keyboard.press('Control+Z')
    await expect.poll(answers).toEqual([3, 2])
    await app.page.keyboard.press('Control+Shift+Z')
    await expect.poll(answers).toEqual([4, 2])
  })

  it('takes sixteen at a time, and says at the end how pure the class is and what more looks would give', async () => {
    await open()
    await app.page.getByText('Sixteen at a time').click()
    await app.page.getByRole('heading', { name: 'All of these should be 苹果' }).waitFor()
    const blocks = app.page.locator('main li button[aria-pressed]')
    await expect.poll(() => blocks.count()).toBe(16)
    await blocks.first().click()
    await expectAccessible()
    await app.page.getByRole('button', { name: '15 right, 1 wrong' }).waitFor()
    await app.page.keyboard.press('Enter')
    await expect.poll(answers).toEqual([20, 17])
    await expect.poll(() => blocks.count()).toBe(14)
    await app.page.keyboard.press('Enter')
    await expect.poll(answers).toEqual([34, 31])
    await app.page.getByRole('heading', { name: '91.2 % pure' }).waitFor()
    const { lower, upper } = await audit()
    const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`
    await app.page.getByText(`${percent(lower)} to ${percent(upper)}, with 95 % confidence`).waitFor()
    await app.page.getByText(`31 of 34 were right, drawn at random from ${tinyImageCount} images.`).waitFor()
    await expectAccessible()
    await app.page.getByText('6 more, if as many are right').waitFor()
    await app.page.getByText('Too many were wrong to prove 95 %.').waitFor()
  })

  it('says how many newcomers are in the way, and when a class is complete knows its purity exactly', async () => {
    await app.page.getByRole('button', { name: 'Look at 6 images' }).click()
    await app.page.getByRole('heading', { name: 'Is this 苹果?' }).waitFor()
    for (let count = 0; count < 6; count++) await app.page.keyboard.press('Enter')
    await expect.poll(audit).toMatchObject({ looked: tinyImageCount, right: 37, purity: 0.925, lower: 0.925, upper: 0.925 })
    await app.page.getByRole('heading', { name: '92.5 % pure' }).waitFor()
    await app.page.getByRole('button', { name: 'Begin again' }).click()
    await expect.poll(answers).toEqual([0, 0])
    await app.page.keyboard.press('Control+Z')
    await expect.poll(answers).toEqual([tinyImageCount, 37])
  })

  it('stops an export whose classes are not proved, leads to the audit, or leaves them out', async () => {
    for (let count = 0; count < 6; count++) await app.client.edits.undo()
    expect(await answers()).toEqual([34, 31])
    await app.goto('/export')
    await app.page.reload()
    await app.page.getByLabel('YOLO classification').check()
    await app.page.getByLabel('Only classes that an audit proves to be pure').check()
    await app.page.getByText('One class is not proved to be at least 95 % pure').waitFor()
    await expectAccessible()
    expect(await app.page.getByRole('button', { name: /^Export/ }).isDisabled()).toBe(true)
    await app.page.getByText('Leave them out').click()
    await app.page.getByText(/^\d+ left out: purity not proved/).waitFor()
    await app.page.getByText('Do not export').click()
    await app.page.getByRole('combobox').selectOption('0.8')
    const start = app.page.getByRole('button', { name: /^Export \d+ images/ })
    await expect.poll(() => start.isEnabled()).toBe(true)
    await app.page.getByLabel('Folder to make').fill(join(app.folder, '出口'))
    await start.click()
    await app.page.getByText('With a manifest of hashes').waitFor()
    const manifest = JSON.parse(readFileSync(join(app.folder, '出口', 'manifest.json'), 'utf8'))
    expect(manifest.options).toMatchObject({ format: 'yolo', minPurity: 0.8, unproven: 'refuse' })
    expect(existsSync(join(app.folder, '出口', 'train', '苹果'))).toBe(true)
  })

  it('left the browser without a complaint', () => {
    expect(app.complaints).toEqual([])
  })
})
