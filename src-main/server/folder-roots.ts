import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** The folders that a page in a browser may list: home, other disks, and those that are named. */
export function folderRoots(named: readonly string[]): string[] {
  return [...new Set([homedir(), ...disks(), ...named.map((path) => resolve(path))])].filter((path) => existsSync(path))
}

/** Where the system shows other disks. */
function disks(): string[] {
  if (process.platform === 'win32') return Array.from('CDEFGHIJKLMNOPQRSTUVWXYZ', (letter) => `${letter}:\\`)
  const places = process.platform === 'darwin' ? ['/Volumes'] : ['/media', '/mnt', '/run/media']
  return places.filter((place) => existsSync(place)).flatMap((place) => readdirSync(place).map((name) => join(place, name)))
}
