import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { build } from 'vite'
import { createProject } from '#engine/database/project.ts'
import { buildDesktop } from '../scripts/build-desktop.mjs'
import { openDisplay } from '../tests/e2e/desktop/display.ts'
import { findElectron } from '../tests/e2e/desktop/electron-binary.ts'
import { repositoryRoot } from '../tests/source-imports.ts'
import { loadNow, spread, writeResults } from './result-table.ts'

// How long one waits for a command and for the window: node scripts/bench.mjs start-up [--rounds 9]
// SPICERACK_ELECTRON names an Electron for the window, SPICERACK_USER_NODE the Node that a user types the command into.

const at = process.argv.indexOf('--rounds')
const roundCount = at < 0 ? 9 : Number(process.argv[at + 1])

const loadBefore = loadNow()
const folder = mkdtempSync(join(tmpdir(), 'spicerack-start-up-'))
const projectPath = join(folder, 'empty.spicerack')
createProject(projectPath).close()
const userNode = process.env.SPICERACK_USER_NODE ?? process.execPath
const command = join(repositoryRoot, 'scripts', 'spicerack.mjs')

/** From the start of a program to its end, in ms. */
function run(program: string, args: readonly string[]): number {
  const startedAt = performance.now()
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
  return performance.now() - startedAt
}

const works: readonly (readonly [title: string, reach: string, work: () => number | Promise<number>])[] = [
  ['the floor: `node -e 0` as the user starts it', '', () => run(userNode, ['-e', '0'])],
  ['the floor: `node -e 0` of Node 24', '', () => run(process.execPath, ['-e', '0'])],
  ['`spicerack --help`', '< 150 ms', () => run(userNode, [command, '--help'])],
  ['`spicerack status PROJECT`', '< 400 ms', () => run(userNode, [command, 'status', projectPath])],
]
const window = findElectron() === undefined ? undefined : await prepareWindow()
const all = window === undefined ? works : [...works, ...window.works]
const seen: number[][] = all.map(() => [])
// The first round fills the caches of system and Node, as a second start finds them.
for (let round = -1; round < roundCount; round++)
  for (const [place, [, , work]] of all.entries()) {
    const took = await work()
    if (round >= 0) seen[place]!.push(took)
  }
window?.close()
rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
const userVersion = spawnSync(userNode, ['--version'], { encoding: 'utf8' }).stdout.trim()
writeResults({
  name: 'start-up',
  title: 'Start-up',
  notes: [
    `Each a process of its own from start to end; the window from the start of Electron until its page is drawn, by the app's own log, on a screen in memory. ${roundCount} rounds after one that fills the caches; median (least-most).`,
    `The user's Node is ${userVersion}; it starts Node 24.`,
  ],
  header: ['work', 'ms', 'wanted'],
  rows: all.map(([title, reach], place) => [title, spread(seen[place]!), reach]),
  loadBefore,
  versions: 'window in the Electron of SPICERACK_ELECTRON',
})

/** The app as it is started, without a package around it, on a screen. */
async function prepareWindow() {
  const display = await openDisplay()
  const app = join(folder, 'app')
  mkdirSync(app)
  await buildDesktop(app)
  await build({ configFile: join(repositoryRoot, 'vite.config.ts'), logLevel: 'warn', build: { outDir: join(app, 'dist', 'renderer') } })
  for (const name of ['src-main', 'src-shared', 'resources', 'node_modules']) symlinkSync(join(repositoryRoot, name), join(app, name))
  writeFileSync(
    join(app, 'package.json'),
    JSON.stringify({ name: 'spicerack', version: '0.0.0', type: 'module', main: 'dist/main/main.js' }),
  )
  const userData = join(folder, 'user-data')
  const log = join(userData, 'logs', 'spicerack.log')
  let readyAt = 0
  const open = async (): Promise<number> => {
    rmSync(log, { force: true })
    const startedAt = Date.now()
    const child = spawn(findElectron()!, ['--no-sandbox', '--disable-gpu', `--user-data-dir=${userData}`, app], {
      stdio: 'ignore',
      env: { ...process.env, ...display.environment, SPICERACK_NODE: process.execPath },
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    process.once('exit', () => child.kill('SIGKILL'))
    readyAt = (await logged(log, 'ready')) - startedAt
    const drawnAt = (await logged(log, 'window: drawn and shown')) - startedAt
    child.kill('SIGKILL')
    await ended
    // The engine ends by itself when nobody holds its standard input any more.
    await delay(1000)
    return drawnAt
  }
  return {
    works: [
      ['the window, until it is drawn and shown', '< 1,000 ms', open],
      ['the engine behind it, until it answers', '', () => readyAt],
    ] as const satisfies typeof works,
    close: () => display.close(),
  }
}

/** When this line was written to the log, in ms since 1970. */
async function logged(log: string, line: string): Promise<number> {
  for (;;) {
    const found = existsSync(log) && readFileSync(log, 'utf8').match(new RegExp(`^(\\S+) ${line}$`, 'm'))
    if (found) return Date.parse(found[1]!)
    await delay(25)
  }
}
