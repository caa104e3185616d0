/** Node 24, which runs the engine's TypeScript as it is, and the environment that training needs. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { trainingEnvironment } from '../src-shared/training-environment.mjs'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const compileCache = join(root, 'node_modules', '.cache', 'spicerack-compiled')

/** Path of a Node that runs TypeScript: the packaged one, else the running one when it is new enough; undefined when there is none. */
export function node24Path() {
  return candidates().find((path) => path === process.execPath || spawnSync(path, ['--version']).status === 0)
}

/** Those that are there, best first; the packaged one may still not run on this system. */
function candidates() {
  const names = [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`, `node-win-${process.arch}`]
  const packaged = names
    .map((name) => join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node'))
    .filter((path) => existsSync(path))
  return Number(process.versions.node.split('.')[0]) >= 24 ? [...packaged, process.execPath] : packaged
}

/**
 * Runs a file of this repository with Node 24 until it ends, signals passed on; resolves to its exit code. What Node makes of the
 * sources is kept for the next start.
 */
export async function runInNode24(file, args = []) {
  const environment = { NODE_COMPILE_CACHE: compileCache, ...trainingEnvironment, ...process.env, PATH: searchPath() }
  let problem = 'Node 24 is missing. Run: npm run bootstrap'
  for (const node of candidates()) {
    const child = spawn(node, [join(root, file), ...args], { stdio: 'inherit', env: environment })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
    const { code, error } = await new Promise((resolve) => {
      child.on('error', (error) => resolve({ error }))
      child.on('exit', (code) => resolve({ code: code ?? 1 }))
    })
    if (!error) return code
    problem = `Node 24 does not start: ${error.message}`
  }
  console.error(problem)
  return 1
}

/** The PATH with this repository's programs first, so that what is started finds Node 24. */
export function searchPath() {
  return [join(root, 'node_modules', '.bin'), process.env.PATH].join(process.platform === 'win32' ? ';' : ':')
}
