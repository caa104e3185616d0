import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { createEngine, type Engine } from '#engine/engine.ts'
import { type HttpShell, startHttpShell } from '#main/server/http-shell.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import { findChromium } from '../renderer/browser.ts'
import { makeTinyImages, tinyImageCount, tinyRun, untilAtRest } from '../tiny-project.ts'
import { listenForComplaints } from './complaints.ts'

/** The real page in a real browser over the real engine, with what the browser complained about. */
export interface PageFixture {
  readonly folder: string
  readonly page: Page
  readonly client: EngineClient
  /** Errors, warnings, refused resources, violations of the security policy; must stay empty. */
  readonly complaints: string[]
  goto(hash: string): Promise<void>
  /** Ends the engine and starts a new one behind the same kind of page, as a restart of the app does. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** A browser with the page open, on a project of 40 clustered images (`clustered`), or another number, or on none. */
export async function openPage({ clustered = false, imageCount = tinyImageCount } = {}): Promise<PageFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-e2e-'))
  const staticFolder = join(folder, 'page')
  const projectPath = join(folder, '水果.spicerack')
  await build({
    configFile: new URL('../../vite.config.ts', import.meta.url).pathname,
    logLevel: 'warn',
    build: { outDir: staticFolder },
  })
  let engine: Engine
  let shell: HttpShell
  let client: EngineClient
  const browser: Browser = await chromium.launch({ executablePath: findChromium()!, args: ['--no-sandbox'] })
  const context: BrowserContext = await browser.newContext({ locale: 'en-GB', viewport: { width: 1360, height: 860 } })
  const page = await context.newPage()
  const complaints = listenForComplaints(page)

  async function start(): Promise<void> {
    engine = createEngine({ reportBug: (error) => complaints.push(`engine: ${error}`) })
    shell = await startHttpShell({ handle: engine.handle, port: 0, staticFolder })
    client = createEngineClient((request) => engine.handle(request))
  }
  async function stop(): Promise<void> {
    await shell.close()
    await engine.close()
  }

  await start()
  if (clustered) {
    await makeTinyImages(join(folder, 'images'), imageCount)
    await client!.project.create({ path: projectPath })
    await untilAtRest(client!, (await client!.images.import({ folder: join(folder, 'images') })).id)
    await untilAtRest(client!, (await client!.runs.create(tinyRun)).job.id)
  }
  await page.goto(shell!.createLink())
  await page.getByRole('heading', { level: 1 }).waitFor()

  return {
    folder,
    page,
    complaints,
    get client() {
      return client
    },
    async goto(hash) {
      await page.evaluate(`location.hash = '#${hash}'`)
    },
    async restart() {
      const { hash } = new URL(page.url())
      await page.goto('about:blank')
      await stop()
      await start()
      await client.project.open({ path: projectPath })
      await page.goto(shell.createLink())
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.evaluate(`location.hash = '${hash}'`)
    },
    async close() {
      await browser.close()
      await stop()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
