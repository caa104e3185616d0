import { homedir } from 'node:os'
import { join } from 'node:path'

/** The user's cache folder of this product: shared by every checkout and every project, safe to delete at any time. */
export function cacheFolder(): string {
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'spicerack')
  switch (process.platform) {
    case 'darwin':
      return join(homedir(), 'Library', 'Caches', 'Spicerack')
    case 'win32':
      return join(process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'Spicerack', 'Cache')
    default:
      return join(homedir(), '.cache', 'spicerack')
  }
}
