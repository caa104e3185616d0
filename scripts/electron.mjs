/** The Electron that opens the window. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { node24Path, root } from './node-24.mjs'

const packageFolder = join(root, 'node_modules', 'electron')
const releaseHost = 'https://github.com/'
const reachTimeoutMs = 4000
const downloadTimeoutMs = 10 * 60_000

/** Path of the program: the one that SPICERACK_ELECTRON names, else the one of the package; undefined when neither is there. */
export function electronPath() {
  const told = process.env.SPICERACK_ELECTRON
  if (told) return existsSync(told) ? told : undefined
  try {
    const path = join(packageFolder, 'dist', readFileSync(join(packageFolder, 'path.txt'), 'utf8'))
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

/** Lets the package download its program, about 110 MB, once. Resolves to why it could not, in one sentence; undefined when it is there. */
export async function fetchElectron(say) {
  if (electronPath()) return undefined
  if (process.env.SPICERACK_ELECTRON) return 'SPICERACK_ELECTRON names a file that is not there'
  if (!existsSync(join(packageFolder, 'install.js'))) return 'the package electron is not installed'
  if (!(await isReachable())) return 'Electron is not installed, and the host of its releases cannot be reached'
  say('Downloading Electron, about 110 MB, once …')
  const { status, stderr, error } = spawnSync(node24Path(), [join(packageFolder, 'install.js')], {
    cwd: packageFolder,
    encoding: 'utf8',
    timeout: downloadTimeoutMs,
  })
  if (status === 0 && electronPath()) return undefined
  const reason = error?.message ?? stderr.trim().split('\n')[0]
  return `Electron was not downloaded (${reason})`
}

/** With a mirror or a proxy only the download itself can tell. */
async function isReachable() {
  const { ELECTRON_MIRROR, npm_config_electron_mirror, HTTPS_PROXY, https_proxy } = process.env
  if (ELECTRON_MIRROR || npm_config_electron_mirror || HTTPS_PROXY || https_proxy) return true
  try {
    await fetch(releaseHost, { method: 'HEAD', signal: AbortSignal.timeout(reachTimeoutMs) })
    return true
  } catch {
    return false
  }
}
