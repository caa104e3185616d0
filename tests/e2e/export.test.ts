import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser } from '../renderer/browser.ts'
import { tinyImageCount } from '../tiny-project.ts'
import { seriousFindings } from './accessibility.ts'
import { openPage, type PageFixture } from './page-fixture.ts'

describe.runIf(hasBrowser())('the page that exports', () => {
  let app: PageFixture
  beforeAll(async () => {
    app = await openPage({ clustered: true })
  })
  afterAll(() => app?.close())

  it('says which images were left out because their files are gone, now and later, in both languages', async () => {
    for (const name of ['limes-00.png', 'limes-01.png']) rmSync(join(app.folder, 'images', 'limes', name))
    await app.goto('/export')
    await app.page.getByRole('button', { name: `Export ${tinyImageCount} images` }).click()
    const receipt = app.page.getByRole('status').filter({ hasText: `${tinyImageCount - 2} images` })
    await receipt.getByText('2 images left out: their files are not there any more').waitFor()
    expect(await app.page.getByText('2 images left out: their files are not there any more').count()).toBe(2)
    expect(await seriousFindings(app.page)).toEqual([])
    await app.restart()
    await app.page.getByText('2 images left out: their files are not there any more').waitFor()
    await app.page.evaluate(`localStorage.setItem('spicerack.locale', '"zh-CN"')`)
    await app.page.reload()
    await app.page.getByText('2 张未包含：文件已不存在').waitFor()
    expect(app.complaints).toEqual([])
  })
})
