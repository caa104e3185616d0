import { existsSync } from 'node:fs'

/** Path of the Electron that SPICERACK_ELECTRON names; undefined when it names none. */
export function findElectron(): string | undefined {
  const path = process.env.SPICERACK_ELECTRON
  return path !== undefined && existsSync(path) ? path : undefined
}

/** False where there is no Electron; an error instead where everything is required. */
export function hasElectron(): boolean {
  if (findElectron() !== undefined) return true
  if (process.env.SPICERACK_REQUIRE_ALL === '1') throw new Error('SPICERACK_ELECTRON names no Electron, and SPICERACK_REQUIRE_ALL is set.')
  console.log('Left out: the desktop window (SPICERACK_ELECTRON names no Electron).')
  return false
}
