import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser } from '../renderer/browser.ts'
import { makeTinyImages, untilAtRest } from '../tiny-project.ts'
import { openPage, type PageFixture } from './page-fixture.ts'

describe.runIf(hasBrowser())('the page of the images read', () => {
  let app: PageFixture
  const inFolder = (...parts: string[]): string => join(app.folder, ...parts)
  beforeAll(async () => {
    app = await openPage()
    await app.client.project.create({ path: inFolder('水果') })
    for (const name of ['one', 'other']) {
      await makeTinyImages(inFolder(name), 4)
      await untilAtRest(app.client, (await app.client.images.import({ folder: inFolder(name) })).id)
    }
    await app.restart()
  })
  afterAll(() => app?.close())

  it('reads every folder again, and says in either language that one was moved', async () => {
    await app.goto('/import')
    await app.page.getByRole('button', { name: 'Read the folders again' }).click()
    const imports = async () =>
      (await app.client.jobs.list()).map(({ state, payload }) => [state.kind, (payload as { folder: string }).folder])
    await expect
      .poll(async () => (await imports()).slice(0, 2))
      .toEqual([
        ['completed', inFolder('other')],
        ['completed', inFolder('one')],
      ])
    mkdirSync(inFolder('elsewhere'))
    renameSync(inFolder('one'), inFolder('elsewhere', 'one'))
    await untilAtRest(app.client, (await app.client.images.import({ folder: inFolder('elsewhere', 'one') })).id)
    const shown = app.page.getByRole('status')
    await shown.filter({ hasText: `The folder was moved: it was at ${inFolder('one')}` }).waitFor()
    await app.page.getByText(inFolder('elsewhere', 'one'), { exact: true }).waitFor()
    expect((await app.client.project.get()).images).toMatchObject({ ok: 8, total: 8 })
    await app.goto('/settings')
    await app.page.getByText('简体中文', { exact: true }).click()
    await app.goto('/import')
    await shown.filter({ hasText: `文件夹已移动：原位置为 ${inFolder('one')}` }).waitFor()
    expect(app.complaints).toEqual([])
  })
})
