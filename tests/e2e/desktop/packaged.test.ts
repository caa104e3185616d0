import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTinyImages, tinyImageCount } from '../../tiny-project.ts'
import { callEngine } from './desktop-fixture.ts'
import { type Display, openDisplay } from './display.ts'

/** The program of an unpacked package. */
const program = process.env.SPICERACK_PACKAGE ?? ''

function hasPackage(): boolean {
  if (existsSync(program)) return true
  if (process.env.SPICERACK_REQUIRE_ALL === '1') throw new Error('SPICERACK_PACKAGE names no program, and SPICERACK_REQUIRE_ALL is set.')
  console.log('Left out: the packed app (SPICERACK_PACKAGE names no program).')
  return false
}

describe.runIf(hasPackage())('the packed app', () => {
  let display: Display
  let folder: string
  let child: ChildProcess
  let browser: Browser
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    display = await openDisplay()
    folder = mkdtempSync(join(tmpdir(), 'spicerack-packed-'))
    const userData = join(folder, 'user-data')
    // Its fuses keep out what a debugger of Node needs: both variables must be without effect.
    const env = { ...process.env, ...display.environment, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '--require=/nowhere.js' }
    child = spawn(program, ['--no-sandbox', '--disable-gpu', `--user-data-dir=${userData}`, '--remote-debugging-port=0', '--lang=en-GB'], {
      env,
      stdio: 'ignore',
      cwd: folder,
    })
    const portFile = join(userData, 'DevToolsActivePort')
    while (!existsSync(portFile) && child.exitCode === null) await delay(100)
    await delay(200)
    const address = `http://127.0.0.1:${readFileSync(portFile, 'utf8').split('\n')[0]}`
    // A connection that is made before there is a page never answers.
    while (!(await (await fetch(`${address}/json/list`)).text()).includes('spicerack://app/#')) await delay(100)
    browser = await chromium.connectOverCDP(address)
    page = browser.contexts()[0]!.pages()[0]!
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(`${message.type()}: ${message.text()}`)
    })
  })
  afterAll(async () => {
    await browser?.close()
    child?.kill()
    display?.close()
    if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  const call = (path: string, input?: unknown): Promise<unknown> => callEngine(page, path, input)

  it('shows the page over its own engine', async () => {
    await page.getByRole('link', { name: 'Settings' }).click()
    await expect.poll(() => page.getByTestId('version').textContent()).toMatch(/^\d+\.\d+\.\d+$/)
    expect(await call('engine/status')).toMatchObject({ node: expect.stringMatching(/^24\./) })
  })

  it('reads images with its native modules', async () => {
    await makeTinyImages(join(folder, 'images'))
    await call('project/create', { path: join(folder, 'packed.spicerack') })
    await call('images/import', { folder: join(folder, 'images') })
    await expect
      .poll(async () => ((await call('project/get')) as { images: { ok: number } }).images.ok, { timeout: 30_000 })
      .toBe(tinyImageCount)
  })

  it('finds a device to compute on', async () => {
    const { used, providers } = (await call('device/report', { full: true })) as { used: string; providers: { reason: string }[] }
    expect(used, JSON.stringify(providers)).toMatch(/./)
    expect(providers.map(({ reason }) => reason).join()).not.toMatch(/Cannot find (module|package)/)
    expect(complaints).toEqual([])
  })

  it('ends with everything that it started', async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
    expect(existsSync(join(folder, 'packed.spicerack', 'project.db-wal'))).toBe(false)
  })
})
