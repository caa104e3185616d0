import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser } from '../renderer/browser.ts'
import { tinyRun, untilAtRest } from '../tiny-project.ts'
import { seriousFindings } from './accessibility.ts'
import { openPage, type PageFixture } from './page-fixture.ts'

describe.runIf(hasBrowser())('a second run that contradicts a person', () => {
  let app: PageFixture
  beforeAll(async () => {
    app = await openPage({ clustered: true })
    const [one, other] = (await app.client.clusters.list()).map(({ id }) => id)
    const first = await app.client.classes.create({ name: '苹果' })
    const second = await app.client.classes.create({ name: '青柠' })
    await app.client.mappings.apply({
      mappings: [
        { clusterId: one!, classId: first.classId },
        { clusterId: other!, classId: second.classId },
      ],
    })
    // Every image of the one cluster has the class of the other, so the run cannot agree.
    const idsOf = async (clusterId: typeof one) =>
      (await app.client.images.list({ filter: { clusterId: clusterId! }, limit: 1000 })).images.map(({ id }) => id)
    await app.client.labels.set({ imageIds: await idsOf(one), classId: second.classId })
    await app.client.labels.set({ imageIds: await idsOf(other), classId: first.classId })
    await untilAtRest(app.client, (await app.client.runs.create({ ...tinyRun, lastStage: 'self' })).job.id)
  })
  afterAll(() => app?.close())

  it('shows what moved and each contradiction; mine stands, or the new is taken, and both are undone', async () => {
    const openCount = async (): Promise<number> => (await app.client.diff.get()).contradictions.open
    const before = await openCount()
    expect(before).toBeGreaterThan(1)
    await app.page.getByRole('link', { name: 'Changes' }).click()
    await app.page.getByText('images are in another cluster').waitFor()
    await expect.poll(() => app.page.getByRole('button', { name: 'Take new', exact: true }).count()).toBe(before)
    await app.page.getByRole('button', { name: 'Take new', exact: true }).first().click()
    await expect.poll(openCount).toBe(before - 1)
    await app.page.getByRole('button', { name: `Keep all ${before - 1} of mine` }).click()
    await expect.poll(openCount).toBe(0)
    await app.page.getByText('The run agrees with all that you decided').waitFor()
    await app.page.keyboard.press('Control+Z')
    await expect.poll(openCount).toBe(before - 1)
    await app.page.keyboard.press('Control+Z')
    await expect.poll(openCount).toBe(before)
    expect(app.complaints).toEqual([])
  })

  it('stands beside the first run, each can be looked at, and says what happened in it', async () => {
    await app.goto('/run')
    const runs = app.page.getByRole('table').filter({ hasText: 'Started' }).getByRole('row')
    await expect.poll(() => runs.count()).toBe(3)
    const [newest, oldest] = await app.client.runs.list()
    const { nmi } = await app.client.runs.compare({ runId: newest!.id, otherRunId: oldest!.id })
    await expect.poll(() => runs.nth(2).textContent()).toContain(`${Math.round(nmi * 100)}\u00a0%`)
    expect(await runs.nth(1).textContent()).toContain('looked at now')
    const shownRun = async () => (await app.client.clusterings.list()).find(({ isCurrent }) => isCurrent)?.runId
    for (const [row, run] of [
      [2, oldest],
      [1, newest],
    ] as const) {
      await runs.nth(row).getByRole('button', { name: 'Look at this one' }).click()
      await expect.poll(shownRun).toBe(run!.id)
      await expect.poll(() => runs.nth(row).textContent()).toContain('looked at now')
    }
    await app.page.getByText('Log', { exact: true }).click()
    await expect
      .poll(() => app.page.getByRole('region', { name: 'Log' }).textContent())
      .toMatch(/Learn features · started.*Cluster · done/s)
    expect(await seriousFindings(app.page)).toEqual([])
    expect(app.complaints).toEqual([])
  })
})
