import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ElectronApplication, _electron as electron, type Page } from 'playwright-core'
import { build } from 'vite'
import { buildDesktop } from '../../../scripts/build-desktop.mjs'
import { repositoryRoot } from '../../source-imports.ts'
import { listenForComplaints } from '../complaints.ts'
import { type Display, openDisplay } from './display.ts'
import { findElectron } from './electron-binary.ts'

/** The app as it is started, without a package around it: built files, and the sources that the engine runs from. */
async function buildAppFolder(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-app-'))
  await buildDesktop(folder)
  await build({
    configFile: join(repositoryRoot, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: join(folder, 'dist', 'renderer') },
  })
  for (const name of ['src-main', 'src-shared', 'resources', 'node_modules']) symlinkSync(join(repositoryRoot, name), join(folder, name))
  // Holds the app back until the test has hold of it: a page that loads while Playwright attaches is sometimes never seen by it.
  const holder = join(repositoryRoot, 'node_modules', 'playwright-core', 'lib', 'server', 'electron', 'loader.js')
  writeFileSync(
    join(folder, 'hold.mjs'),
    `import { createRequire } from 'node:module'\ncreateRequire(import.meta.url)(${JSON.stringify(holder)})\n`,
  )
  writeFileSync(join(folder, 'held.mjs'), `import './hold.mjs'\nimport './dist/main/main.js'\n`)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'spicerack', version: '0.0.0', type: 'module', main: 'held.mjs' }))
  return folder
}

/** A started app with its window. */
export interface DesktopApp {
  readonly app: ElectronApplication
  readonly page: Page
  /** Errors, warnings and violations of the security policy in the page; must stay empty. */
  readonly complaints: string[]
  /** Calls the engine as the page does; the answer, or the error as data. */
  call(path: string, input?: unknown): Promise<unknown>
  /** Process of the engine, by what the log says; the newest. */
  enginePid(): number
}

export interface DesktopFixture {
  /** A folder for projects and images. */
  readonly folder: string
  readonly logPath: string
  start(...args: string[]): Promise<DesktopApp>
  /** Arguments and environment of a start, for what is started by other means. */
  readonly command: Readonly<{ executable: string; args: readonly string[]; env: Record<string, string> }>
  close(): Promise<void>
}

/** One person's machine: their screen and what the app remembers, from one start to the next. */
export async function openDesktop(): Promise<DesktopFixture> {
  const display: Display = await openDisplay()
  const appFolder = await buildAppFolder()
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-desktop-'))
  const userData = join(folder, 'user-data')
  mkdirSync(userData)
  const logPath = join(userData, 'logs', 'spicerack.log')
  const started: ChildProcess[] = []
  const own = { SPICERACK_NODE: process.execPath, SPICERACK_STATE: join(folder, 'state'), LANG: 'C.UTF-8' }
  const env = { ...process.env, ...display.environment, ...own } as Record<string, string>
  // The test runner's own settings are none of the engine's.
  for (const name of ['NODE_OPTIONS', 'VITEST', 'NODE_ENV']) delete env[name]
  // Without a graphics card its graphics process fails at the start, and now and then the page waits for it for ever.
  const args = ['--no-sandbox', '--disable-gpu', `--user-data-dir=${userData}`, '--lang=en-GB', appFolder]
  return {
    folder,
    logPath,
    command: { executable: findElectron()!, args, env },
    async start(...more) {
      const app = await electron.launch({ executablePath: findElectron()!, args: [...args, ...more], env, timeout: 60_000 })
      started.push(app.process())
      const page = await app.firstWindow()
      const complaints = listenForComplaints(page)
      await page.getByRole('heading', { level: 1 }).waitFor()
      return {
        app,
        page,
        complaints,
        call: (path, input) => callEngine(page, path, input),
        enginePid: () => readEnginePid(logPath),
      }
    },
    async close() {
      for (const child of started) await endAtOnce(child)
      display.close()
      for (const path of [folder, appFolder]) rmSync(path, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Without its question about a training that runs. */
async function endAtOnce(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

/** Sends a call from the page, as its own client does. */
export function callEngine(page: Page, path: string, input: unknown): Promise<unknown> {
  return page.evaluate(
    async ([address, body]) => {
      const response = await fetch(address!, { method: 'POST', headers: { 'content-type': 'application/json' }, body: body! })
      return ((await response.json()) as { json: unknown }).json
    },
    [`/rpc/${path}`, JSON.stringify({ json: input })],
  )
}

function readEnginePid(logPath: string): number {
  const [newest] = [...readFileSync(logPath, 'utf8').matchAll(/engine: process (\d+) started/g)].slice(-1)
  if (!newest) throw new Error('The log names no engine.')
  return Number(newest[1])
}
