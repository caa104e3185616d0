import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClusterId } from '#shared/entities.ts'
import { hasBrowser } from '../renderer/browser.ts'
import { tinyImageCount } from '../tiny-project.ts'
import { seriousFindings } from './accessibility.ts'
import { openPage, type PageFixture } from './page-fixture.ts'

describe.runIf(hasBrowser())('clusters and classes', () => {
  let app: PageFixture
  let mixed: ClusterId
  let all: ClusterId[]
  beforeAll(async () => {
    app = await openPage({ clustered: true })
    const clusters = (await app.client.clusters.list()).filter(({ imageCount }) => imageCount > 0)
    all = clusters.map(({ id }) => id).toSorted()
    mixed = clusters.toSorted((a, b) => b.imageCount - a.imageCount)[0]!.id
    // Every other image of the largest cluster is of another class: half of it is foreign, whichever class it gets.
    const { images } = await app.client.images.list({ filter: { clusterId: mixed }, limit: 1000 })
    const rows = images.map(({ path }, index) => `${path},${index % 2 ? '苹果' : 'lime'}`)
    writeFileSync(join(app.folder, 'labels.csv'), `path,label\n${rows.slice(0, 10).join('\n')}\n`)
  })
  afterAll(() => app?.close())

  it('says what to do before anything is labelled', async () => {
    await app.page.getByRole('link', { name: 'Align' }).click()
    await app.page.getByRole('link', { name: 'Label a few images instead: 5 of each, then we match' }).waitFor()
    await app.page.getByRole('cell', { name: String(tinyImageCount), exact: true }).waitFor()
    expect(await seriousFindings(app.page)).toEqual([])
  })

  it('imports labels, takes the proposal, and shows that the cluster mixes classes', async () => {
    await app.page.getByRole('button', { name: 'Import labels' }).click()
    await app.page.getByLabel('File or folder').fill(join(app.folder, 'labels.csv'))
    await app.page.getByRole('dialog').getByRole('button', { name: 'Import labels' }).click()
    await app.page.getByRole('button', { name: /^Use / }).click()
    // As many classes are labelled as there are clusters, so each cluster is proposed one, also where none of its images is labelled.
    await expect.poll(async () => (await app.client.mappings.list()).map(({ clusterId }) => clusterId).toSorted()).toEqual(all)
    await app.page.getByText('50 %').waitFor()
    await app.page.getByRole('heading', { name: 'Classes in clusters' }).waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await app.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      expect(await seriousFindings(app.page)).toEqual([])
    }
  })

  it('splits the mixed cluster in two, undoes it, and leads to its doubtful images', async () => {
    const countOf = async (): Promise<number> => (await app.client.clusters.list()).filter(({ imageCount }) => imageCount > 0).length
    const before = await countOf()
    await app.page.getByRole('button', { name: /^split in two/ }).click()
    await expect.poll(countOf).toBe(before + 1)
    await app.page.keyboard.press('Control+Z')
    await expect.poll(countOf).toBe(before)
    await app.page.getByRole('link', { name: /least sure first$/ }).click()
    await expect.poll(() => app.page.url()).toContain(`cluster=${mixed}`)
    await app.page.locator('[role=option]').first().waitFor()
    expect(app.complaints).toEqual([])
  })
})
