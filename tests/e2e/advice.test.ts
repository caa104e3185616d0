import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser } from '../renderer/browser.ts'
import { seriousFindings } from './accessibility.ts'
import { openPage, type PageFixture } from './page-fixture.ts'

const imageCount = 160

describe.runIf(hasBrowser())('advice on clusters', () => {
  let app: PageFixture
  beforeAll(async () => {
    app = await openPage({ clustered: true, imageCount })
  })
  afterAll(() => app?.close())

  const cards = () => app.page.locator('[role=option]')
  const inspector = () => app.page.getByRole('complementary')
  const sizes = async (): Promise<number[]> =>
    (await app.client.clusters.report({})).map(({ imageCount }) => imageCount).sort((a, b) => b - a)
  const undo = () => app.page.getByRole('button', { name: 'Undo' }).first().click()

  it('says nothing of clusters that hold together and stand apart', async () => {
    await app.goto('/clusters')
    await expect.poll(() => cards().count()).toBe(2)
    await expect.poll(async () => (await app.client.clusters.report({})).flatMap(({ advice }) => advice)).toEqual([])
    expect(await inspector().getByText('Worth a look').count()).toBe(0)
  })

  it('finds what was merged mixed, splits it by one click in its kinds, and undoes that', async () => {
    const before = await sizes()
    await cards().first().click()
    await app.page.keyboard.press('Control+A')
    await app.page.keyboard.press('m')
    await cards().getByText('Looks mixed').waitFor()
    await inspector().getByText('looks mixed: 80 and 80 of its images').waitFor()
    await inspector()
      .getByRole('button', { name: /^Split .* in two$/ })
      .click()
    await expect.poll(sizes).toEqual([80, 80])
    for (const { clusterId } of await app.client.clusters.report({})) {
      const { images } = await app.client.images.list({ filter: { clusterId }, limit: 1000 })
      expect(new Set(images.map(({ path }) => path.split('/')[0])).size).toBe(1)
    }
    await expect.poll(() => cards().getByText('Looks mixed').count()).toBe(0)
    await undo()
    await expect.poll(sizes).toEqual([imageCount])
    await cards().getByText('Looks mixed').waitFor()
    await app.page.keyboard.press('Control+Z')
    await expect.poll(sizes).toEqual(before)
  })

  it('finds the halves of one kind the same, merges them by keyboard, and undoes that', async () => {
    const before = await sizes()
    const { clusterId } = (await app.client.clusters.report({}))[0]!
    const { images } = await app.client.images.list({ filter: { clusterId }, sort: 'path', limit: 1000 })
    await app.client.clusters.split({
      clusterId,
      imageIds: images.filter((_, place) => place % 2 === 0).map(({ id }) => id),
    })
    await app.page.reload()
    await inspector().getByText('Worth a look').waitFor()
    await expect
      .poll(() =>
        cards()
          .getByText(/^Like /)
          .count(),
      )
      .toBe(2)
    const act = inspector().getByRole('button', { name: 'Merge these two' })
    expect(await act.count()).toBe(1)
    await app.page.getByRole('listbox').focus()
    // By tab alone: from the wall, over the handle of the panel and its fold, to the act.
    const isFocused = () => app.page.evaluate<string>('document.activeElement.textContent')
    for (let step = 0; step < 12 && (await isFocused()).trim() !== 'Merge these two'; step++) await app.page.keyboard.press('Tab')
    await app.page.keyboard.press('Enter')
    await expect.poll(sizes).toEqual(before)
    await undo()
    await expect
      .poll(() =>
        cards()
          .getByText(/^Like /)
          .count(),
      )
      .toBe(2)
  })

  it.each(['light', 'dark'] as const)(
    'shows figures, typical and doubtful images beside a cluster; axe finds nothing serious in the %s theme',
    async (colorScheme) => {
      await app.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await app.goto('/clusters')
      await cards()
        .getByText(/^Like /)
        .first()
        .waitFor()
      await app.page.keyboard.press('Escape')
      expect(await seriousFindings(app.page)).toEqual([])
      const report = (await app.client.clusters.report({})).find(({ advice }) => advice.length > 0)!
      await app.page.locator(`#cluster-${report.clusterId}`).click()
      await inspector()
        .getByText(/^about \d+\s%, estimated$/)
        .waitFor()
      const shown = await inspector().locator('dl').first().textContent()
      for (const share of [report.headAgreement!, report.neighbourAgreement!])
        expect(shown?.replace(/\s/g, ' ')).toContain(`${Math.round(100 * share)} %`)
      expect(await seriousFindings(app.page)).toEqual([])
      await app.goto(`/images?cluster=${report.clusterId}`)
      await inspector().getByText('look the same').waitFor()
      await inspector().getByText(`Doubtful (${report.doubtfulCount})`).waitFor()
      await app.page.locator('[role=option][aria-label*=png]').first().waitFor()
      await expect.poll(() => app.page.locator('[role=option]:not([aria-label*=png])').count()).toBe(0)
      expect(await seriousFindings(app.page)).toEqual([])
    },
  )

  it('goes on with the cluster that stays, when two are merged from the images of one', async () => {
    const alike = (await app.client.clusters.report({})).filter(({ advice }) => advice.length > 0)
    const together = alike.reduce((sum, { imageCount: size }) => sum + size, 0)
    await inspector().getByRole('button', { name: 'Merge these two' }).click()
    await expect.poll(async () => (await sizes()).length).toBe(2)
    const shown = (): number => Number(/cluster=(\d+)/.exec(app.page.url())?.[1])
    const sizeOfShown = async () => (await app.client.clusters.report({})).find(({ clusterId }) => clusterId === shown())?.imageCount
    await expect.poll(sizeOfShown).toBe(together)
    await app.page.getByText(`${together} images`, { exact: true }).waitFor()
    await undo()
    await expect.poll(async () => (await sizes()).length).toBe(3)
  })

  it('dismisses advice by keyboard and brings it back, across a restart and by undo', async () => {
    await app.goto('/clusters')
    await app.page.keyboard.press('Escape')
    const likes = () =>
      cards()
        .getByText(/^Like /)
        .count()
    await expect.poll(likes).toBe(2)
    const dismiss = inspector().getByRole('button', { name: /^Dismiss: / })
    await dismiss.focus()
    await app.page.keyboard.press('Enter')
    await expect.poll(likes).toBe(0)
    // The keyboard goes on from what was folded away.
    await expect.poll(() => app.page.evaluate<string>('document.activeElement.textContent')).toContain('Dismissed (1)')
    expect(await inspector().getByRole('button', { name: 'Merge these two' }).count()).toBe(0)
    await app.restart()
    await inspector().getByText('Dismissed (1)').waitFor()
    expect(await likes()).toBe(0)
    await app.page.keyboard.press('Control+Z')
    await expect.poll(likes).toBe(2)
    await app.page.keyboard.press('Control+Shift+Z')
    await expect.poll(likes).toBe(0)
    await inspector().getByText('Dismissed (1)').focus()
    await app.page.keyboard.press('Enter')
    expect(await seriousFindings(app.page)).toEqual([])
    await app.page.keyboard.press('Tab')
    await app.page.keyboard.press('Enter')
    await expect.poll(likes).toBe(2)
    await inspector().getByRole('button', { name: 'Merge these two' }).waitFor()
    expect((await app.client.clusters.report({})).flatMap(({ advice }) => advice.map(({ isDismissed }) => isDismissed))).toEqual([
      false,
      false,
    ])
  })

  it.each(['light', 'dark'] as const)(
    'tells on the page of the run what was chosen and why; axe finds nothing serious in the %s theme',
    async (colorScheme) => {
      await app.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await app.goto('/run')
      const [run] = await app.client.runs.list()
      const told = app.page.getByRole('main').locator('dl').first()
      await told.getByText('2 clusters, as asked for.').waitFor()
      for (const choice of run!.choices) {
        if (choice.kind === 'head') await told.getByText(`Head ${choice.head + 1} of ${choice.headCount} won by the lowest loss`).waitFor()
        if (choice.kind === 'reliable') await told.getByText(`${choice.reliableCount} of ${imageCount} images`).waitFor()
        if (choice.kind === 'clusters') await told.getByText(choice.graph.toFixed(3)).first().waitFor()
      }
      expect(await told.locator('dd').count()).toBe(run!.choices.length)
      // Of a finished run, from what was stored: of the heads and of the classifier, each cluster with its share of now.
      const sizesOf = app.page.locator('figure').filter({ hasText: 'Cluster sizes' })
      await expect.poll(() => sizesOf.count()).toBe(2)
      const percents = async (place: number): Promise<number[]> =>
        (await sizesOf.nth(place).locator('li').allInnerTexts()).map((text) => Number(/([\d.]+)\s%/.exec(text)?.[1]))
      for (const place of [0, 1]) {
        const shares = await percents(place)
        expect(shares).toHaveLength(2)
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(100, 0)
        expect(await sizesOf.nth(place).locator('svg path').count()).toBe(2)
      }
      expect(await seriousFindings(app.page)).toEqual([])
    },
  )

  it('left the browser without a complaint', () => {
    expect(app.complaints).toEqual([])
  })
})
