import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEngine, type Engine } from '#engine/engine.ts'
import { type HttpShell, startHttpShell } from '#main/server/http-shell.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import { findChromium, hasBrowser } from './browser.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
const samples = new URL('../../resources/samples/fashion-mnist-1000', import.meta.url).pathname

describe.runIf(hasBrowser())('the first page', () => {
  let folder: string
  let engine: Engine
  let shell: HttpShell
  let browser: Browser
  let context: BrowserContext
  let page: Page
  /** Whatever the browser complained about: errors, refused resources, violations of the security policy. */
  let complaints: string[]

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'spicerack-page-'))
    await build({
      configFile: new URL('../../vite.config.ts', import.meta.url).pathname,
      logLevel: 'warn',
      build: { outDir: join(folder, 'page') },
    })
    browser = await chromium.launch({ executablePath: findChromium()!, args: ['--no-sandbox'] })
  })

  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  beforeEach(async () => {
    complaints = []
    engine = createEngine({
      reportBug: (error) => complaints.push(`engine: ${error}`),
      stateFolder: mkdtempSync(join(folder, 'state-')),
    })
    shell = await startHttpShell({ handle: engine.handle, port: 0, staticFolder: join(folder, 'page') })
    context = await browser.newContext({ locale: 'en-GB', colorScheme: 'light' })
    page = await context.newPage()
    page.on('pageerror', (error) => complaints.push(`page: ${error}`))
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(`${message.type()}: ${message.text()}`)
    })
  })

  afterEach(async () => {
    await context.close()
    await shell.close()
    await engine.close()
  })

  const heading = () => page.getByRole('heading', { level: 2 }).first()

  it('opens over a link that works once, and shows the version of the engine', async () => {
    const link = shell.createLink()
    await page.goto(link)
    await expect.poll(() => heading().textContent()).toBe('Sort a folder of images into labelled jars')
    await page.getByRole('link', { name: 'Settings' }).click()
    await expect.poll(() => page.getByTestId('version').textContent()).toBe(version)
    expect(complaints).toEqual([])

    const stranger = await browser.newContext()
    const refused = await (await stranger.newPage()).goto(link)
    expect(refused?.status()).toBe(401)
    await stranger.close()
  })

  it('speaks the other language at once, and still after a reload', async () => {
    await page.goto(shell.createLink())
    await page.getByRole('link', { name: 'Settings' }).click()
    const title = page.getByRole('heading', { level: 1 })
    await expect.poll(() => title.textContent()).toBe('Settings')
    await page.getByText('简体中文', { exact: true }).click()
    await expect.poll(() => title.textContent()).toBe('设置')
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN')
    await page.reload()
    await expect.poll(() => title.textContent()).toBe('设置')
    await page.getByText('English', { exact: true }).click()
    await expect.poll(() => title.textContent()).toBe('Settings')
    expect(complaints).toEqual([])
  })

  it('follows the appearance that was chosen, or the system', async () => {
    await page.goto(shell.createLink())
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByTestId('version').waitFor()
    const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const light = await background()
    await page.getByText('Dark', { exact: true }).click()
    await expect.poll(background).not.toBe(light)
    await page.getByText('System', { exact: true }).click()
    await expect.poll(background).toBe(light)
    await page.emulateMedia({ colorScheme: 'dark' })
    await expect.poll(background).not.toBe(light)
    expect(complaints).toEqual([])
  })

  it('shows every key, finds commands by name, and takes other keys', async () => {
    await page.goto(shell.createLink())
    await heading().waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+K')
    await page.getByPlaceholder('Type what you want to do').fill('settings')
    await page.keyboard.press('Enter')
    await page.getByTestId('version').waitFor()
    await page.getByRole('button', { name: 'Keys of “Compute devices”' }).click()
    await page.keyboard.press('Control+Shift+D')
    await page.keyboard.press('Control+Shift+D')
    await page.getByRole('heading', { level: 1, name: 'Compute' }).waitFor()
    expect(complaints).toEqual([])
  })

  it('opens a project by its path and counts its images; a wrong path is explained', async () => {
    const path = join(folder, `clothes-${Date.now()}.spicerack`)
    const client = createEngineClient((request) => engine.handle(request))
    await client.project.create({ path })
    const { id } = await client.images.import({ folder: samples })
    for await (const _event of await client.jobs.events({ jobId: id }));
    await client.project.close()

    await page.goto(shell.createLink())
    await heading().waitFor()
    const openBy = async (place: string): Promise<void> => {
      await page.keyboard.press('Control+O')
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('textbox').fill(place)
      await dialog.getByRole('button', { name: 'Open project' }).click()
    }
    await openBy(join(folder, 'nothing.spicerack'))
    await page.getByRole('alert').waitFor()
    complaints = complaints.filter((line) => !/status of 4\d\d/.test(line))
    await openBy(path)
    await expect.poll(() => page.locator('.counts dd').allTextContents()).toEqual(['1,000', '1,000', '0', '0'])
    expect(await page.getByRole('alert').count()).toBe(0)
    await page.getByRole('button', { name: 'Close project' }).click()
    await expect.poll(() => heading().textContent()).toBe('Sort a folder of images into labelled jars')
    expect(complaints).toEqual([])
  })

  it('opens the sample photographs with one click, to be sorted the quick way', { timeout: 60_000 }, async () => {
    await page.goto(shell.createLink())
    await page.getByRole('button', { name: 'Try the sample images' }).click()
    await page.getByRole('heading', { level: 1, name: 'Import' }).waitFor()
    const client = createEngineClient((request) => engine.handle(request))
    await expect.poll(async () => (await client.project.get()).images.ok, { timeout: 50_000 }).toBe(163)
    await page.getByRole('link', { name: 'Run', exact: true }).click()
    await expect.poll(() => page.getByRole('radio', { name: 'quick' }).isChecked()).toBe(true)
    expect(complaints).toEqual([])
  })

  it('starts a run, pauses it and lets it go on', { timeout: 240_000 }, async () => {
    const client = createEngineClient((request) => engine.handle(request))
    await client.project.create({ path: join(folder, `run-${Date.now()}.spicerack`) })
    const { id } = await client.images.import({ folder: samples })
    for await (const _event of await client.jobs.events({ jobId: id }));

    await page.goto(shell.createLink())
    await page.getByRole('link', { name: 'Run' }).click()
    await page.getByLabel('Clusters to find').fill('7')
    await page.getByRole('button', { name: 'Find 7 clusters' }).click()
    const current = page.locator('[aria-current=step]')
    await expect.poll(() => current.allTextContents(), { timeout: 90_000 }).toEqual([expect.stringContaining('Learn features')])
    await page.getByRole('button', { name: 'Pause run' }).click()
    await page.getByRole('button', { name: 'Resume run' }).click({ timeout: 90_000 })
    await expect.poll(() => current.count(), { timeout: 90_000 }).toBe(1)
    await page.getByRole('link', { name: 'Start' }).click()
    await page.getByRole('button', { name: 'Pause work and close project' }).click()
    await expect.poll(() => heading().textContent(), { timeout: 90_000 }).toBe('Sort a folder of images into labelled jars')
    expect(complaints).toEqual([])
  })

  it('reports the compute devices, each with its state and its reason', { timeout: 240_000 }, async () => {
    await page.goto(shell.createLink())
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('link', { name: 'Compute devices' }).click()
    await page.getByRole('button', { name: 'Test devices' }).click()
    await page.getByRole('button', { name: 'Test again' }).waitFor({ timeout: 220_000 })
    const rows = await page.locator('.devices li').allTextContents()
    expect(rows).toHaveLength(5)
    expect(rows.filter((row) => row.includes('· used'))).toHaveLength(1)
    expect(complaints).toEqual([])
  })

  it('says so when the engine is gone', async () => {
    await page.goto(shell.createLink())
    await heading().waitFor()
    await shell.close()
    await expect
      .poll(() => page.getByRole('alert').allTextContents(), { timeout: 15_000 })
      .toEqual([expect.stringContaining('The engine does not answer')])
  })
})
