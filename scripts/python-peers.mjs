/** Python with torchvision, pandas, pyarrow, pycocotools and datasets, for the tests that load exports back: a virtual environment in the user's cache folder. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { withFileLock } from '../src-main/engine/runtime/file-lock.mjs'
import { root } from './node-24.mjs'

const requirements = join(root, 'tests', 'python', 'requirements.txt')

/** Path of the environment's Python when it has been set up; undefined else. */
export function pythonPeersPath() {
  if (process.env.SPICERACK_PYTHON) return process.env.SPICERACK_PYTHON
  const python = pythonOf(environmentFolder())
  return existsSync(python) ? python : undefined
}

/**
 * Sets the environment up where SPICERACK_REQUIRE_ALL is 1, because it is a download of three gigabytes (torchvision needs torch, and
 * torch its CUDA libraries, even to be imported); elsewhere it only says how to get it. Resolves to false only when it is required and
 * cannot be had.
 */
export async function preparePythonPeers(say) {
  if (pythonPeersPath()) return true
  if (process.env.SPICERACK_REQUIRE_ALL !== '1') {
    say(
      'No Python with torchvision, pandas, pyarrow, pycocotools and datasets: the tests that load exports back are left out (to get it, 6 GB: node scripts/python-peers.mjs).',
    )
    return true
  }
  const problem = await install(say)
  if (problem) say(problem)
  return !problem
}

function environmentFolder() {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  return join(base, 'spicerack', `python-peers-${key}`)
}

function pythonOf(folder) {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python')
}

/** One sentence when it cannot be set up. It gets its name last, when it has been shown to import: what has the name is whole. */
function install(say) {
  const folder = environmentFolder()
  return withFileLock(
    `${folder}.lock`,
    async () => {
      if (existsSync(pythonOf(folder))) return undefined
      const draft = `${folder}.partial`
      say('Setting up Python with torchvision, pandas, pyarrow, pycocotools and datasets (about 3 GB to download) …')
      rmSync(draft, { recursive: true, force: true })
      mkdirSync(draft, { recursive: true })
      const python = pythonOf(draft)
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--no-cache-dir', '--no-compile']
      const steps = [
        [process.platform === 'win32' ? 'python' : 'python3', '-m', 'venv', draft],
        [python, ...pip, '--only-binary=:all:', '-r', requirements],
        [python, '-c', 'import torchvision.datasets, pandas, numpy, pyarrow, pycocotools.coco, datasets'],
      ]
      for (const [program, ...args] of steps) {
        const { code, output } = await run(program, args, say)
        if (code === 0) continue
        rmSync(draft, { recursive: true, force: true })
        return `The Python packages for the loader tests were not installed: ${problemOf(program, code, output)}`
      }
      renameSync(draft, folder)
      return undefined
    },
    { onWait: (processId) => say(`Process ${processId} is setting up the Python packages already; waiting for it.`) },
  )
}

function problemOf(program, code, output) {
  if (code === 127) return `there is no ${program} on this machine; install Python 3.9 to 3.12 with venv and pip.`
  if (/No space left|Errno 28|Disk quota/i.test(output)) return 'the disk is full; free 10 GB in the cache folder.'
  if (/Temporary failure|Name or service|NewConnectionError|ConnectTimeout|Read timed out|ProxyError|Network is unreachable/i.test(output))
    return 'the Python package registry cannot be reached; connect to the network.'
  return output.trim().split('\n').slice(-2).join(' ')
}

/** Runs a program; a line every 15 s tells that it is alive. Ends with us. */
function run(program, args, say) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const startMs = Date.now()
    const heartbeat = setInterval(
      () => say(`… still installing the Python packages (${Math.round((Date.now() - startMs) / 1000)} s)`),
      15_000,
    )
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => child.kill())
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output = `${output}${chunk}`.slice(-20_000)
      })
    const finish = (code, more = '') => {
      clearInterval(heartbeat)
      resolve({ code, output: output + more })
    }
    child.on('error', (error) => finish(error.code === 'ENOENT' ? 127 : 1, error.message))
    child.on('close', (code) => finish(code ?? 1))
  })
}

if (process.argv[1]?.endsWith('python-peers.mjs')) {
  const problem = pythonPeersPath() ? undefined : await install(console.error)
  if (problem) console.error(problem)
  else console.log(pythonPeersPath())
  process.exitCode = problem ? 1 : 0
}
