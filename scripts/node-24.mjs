/** Node 24, which runs the engine's TypeScript as it is, and the environment that training needs. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { trainingEnvironment } from '../src-shared/training-environment.mjs'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Path of a Node that runs TypeScript: the packaged one, else the running one when it is new enough; undefined when there is none. */
export function node24Path() {
  const names = [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`, `node-win-${process.arch}`]
  for (const name of names) {
    const path = join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    if (existsSync(path) && spawnSync(path, ['--version']).status === 0) return path
  }
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : undefined
}

/** Runs a file of this repository with Node 24 until it ends, signals passed on; resolves to its exit code. */
export function runInNode24(file, args = []) {
  const node = node24Path()
  if (!node) {
    console.error('Node 24 is missing. Run: npm run bootstrap')
    return Promise.resolve(1)
  }
  const environment = { ...trainingEnvironment, ...process.env, PATH: searchPath() }
  const child = spawn(node, [join(root, file), ...args], { stdio: 'inherit', env: environment })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`Node 24 does not start: ${error.message}`)
      resolve(1)
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

/** The PATH with this repository's programs first, so that what is started finds Node 24. */
export function searchPath() {
  return [join(root, 'node_modules', '.bin'), process.env.PATH].join(process.platform === 'win32' ? ';' : ':')
}
