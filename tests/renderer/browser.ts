import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/** Path of a Chromium on this machine; undefined when there is none. */
export function findChromium(): string | undefined {
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)]
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path))
}

/** False where there is no Chromium; an error instead where everything is required. */
export function hasBrowser(): boolean {
  if (findChromium() !== undefined) return true
  if (process.env.SPICERACK_REQUIRE_ALL === '1') throw new Error('No Chromium was found, and SPICERACK_REQUIRE_ALL is set.')
  console.log('Left out: the page in a browser (no Chromium is installed).')
  return false
}
