/** Opens the app: in its own window, or in the browser where there can be none; says which, and why. */
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { electronPath, fetchElectron } from './electron.mjs'
import { node24Path, root, runInNode24 } from './node-24.mjs'

const args = process.argv.slice(2)
const project = args.find((argument) => !argument.startsWith('-'))
const projectPath = project && resolve(process.env.INIT_CWD ?? process.cwd(), project)
const say = (line) => console.log(`[start] ${line}`)

const obstacle = noWindowReason() ?? (await fetchElectron(say)) ?? (await buildProblem())
if (obstacle) {
  say(`Opening the page in the browser: ${obstacle}.`)
  process.exitCode = await runInNode24('src-main/cli/main.ts', ['serve', ...(projectPath ? [projectPath] : [])])
} else {
  const electron = electronPath()
  say(`Opening the window with ${electron}.`)
  process.exitCode = await runElectron(electron)
}

/** What on this machine keeps any window from opening. */
function noWindowReason() {
  if (process.platform !== 'linux') return undefined
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return 'there is no screen (neither DISPLAY nor WAYLAND_DISPLAY is set)'
  if (process.getuid() === 0 && !args.includes('--no-sandbox'))
    return 'Electron does not run its sandbox for root (without it, all the same: npm start -- --no-sandbox)'
  return undefined
}

async function buildProblem() {
  const code = await runInNode24('scripts/build-desktop.mjs')
  return code === 0 ? undefined : 'the window was not built'
}

function runElectron(electron) {
  const flags = args.filter((argument) => argument.startsWith('-'))
  const child = spawn(electron, [...flags, root, ...(projectPath ? [projectPath] : [])], {
    stdio: 'inherit',
    env: { ...process.env, SPICERACK_NODE: node24Path() },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve) => {
    child.on('error', (error) => {
      say(`Electron does not start: ${error.message}`)
      resolve(1)
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
