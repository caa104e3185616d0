/** Python with torchvision, pandas and NumPy, for the tests that load exports back: a virtual environment in the user's cache folder. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { root } from './node-24.mjs'

const requirements = join(root, 'tests', 'python', 'requirements.txt')

/** Path of the environment's Python when it has been set up; undefined else. */
export function pythonPeersPath() {
  if (process.env.SPICERACK_PYTHON) return process.env.SPICERACK_PYTHON
  const python = join(environmentFolder(), 'bin', 'python')
  return existsSync(python) ? python : undefined
}

/**
 * Sets the environment up where SPICERACK_REQUIRE_ALL is 1, because it is a download of a few hundred megabytes; elsewhere it only says
 * how to get it. Resolves to false only when it is required and cannot be had.
 */
export async function preparePythonPeers(say) {
  if (pythonPeersPath()) return true
  if (process.env.SPICERACK_REQUIRE_ALL !== '1') {
    say(
      'No Python with torchvision, pandas and NumPy: the tests that load exports back are left out (to get it: node scripts/python-peers.mjs).',
    )
    return true
  }
  const problem = install(say)
  if (problem) say(problem)
  return !problem
}

function environmentFolder() {
  const base = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  return join(base, 'spicerack', `python-peers-${key}`)
}

/** One sentence when it cannot be set up. A virtual environment holds its own path, so a marker written last tells that it is whole. */
function install(say) {
  const folder = environmentFolder()
  const draft = `${folder}.partial`
  say('Setting up Python with torchvision, pandas and NumPy …')
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true })
  const steps = [
    ['python3', '-m', 'venv', draft],
    [join(draft, 'bin', 'python'), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '-r', requirements],
    // Only the loaders are used: torch's CUDA libraries (gigabytes) are left out, so what is installed must be shown to import.
    [join(draft, 'bin', 'python'), '-c', 'import torchvision.datasets, pandas, numpy'],
  ]
  for (const [program, ...args] of steps) {
    const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
    if (status !== 0)
      return `The Python packages for the loader tests were not installed: ${(stderr || error?.message || '').trim().split('\n').slice(-2).join(' ')}`
  }
  rmSync(folder, { recursive: true, force: true })
  renameSync(draft, folder)
  return undefined
}

if (process.argv[1]?.endsWith('python-peers.mjs')) {
  const problem = pythonPeersPath() ? undefined : install(console.error)
  if (problem) console.error(problem)
  else console.log(pythonPeersPath())
  process.exitCode = problem ? 1 : 0
}
