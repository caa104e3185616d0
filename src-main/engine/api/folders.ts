import { readdir, realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, extname, isAbsolute, join, relative, resolve } from 'node:path'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'

const imageExtensions = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.bmp', '.avif'])
const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

export const foldersApi = {
  list: api.folders.list.handler(async ({ context: { folderRoots }, input }) => {
    if (input.path !== undefined && !isAbsolute(input.path)) throw new SpicerackError('BAD_INPUT', say('folderAbsolute'))
    const path = resolve(input.path ?? homedir())
    const isAllowed = await allowedUnder(folderRoots)
    if (!(await isAllowed(path)))
      throw new SpicerackError('FOLDER_UNREADABLE', say('folderNotListed', { path }), {
        advice: say('startWithRoot'),
      })
    const entries = await readEntries(path)
    const folders = entries
      .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
      .filter((entry) => !imageExtensions.has(extname(entry.name).toLowerCase()))
      .map(({ name }) => ({ name, path: join(path, name), isProject: name.endsWith('.spicerack') }))
      .sort((one, other) => byName.compare(one.name, other.name))
    const parent = dirname(path)
    return {
      path,
      parent: parent === path || !(await isAllowed(parent)) ? null : parent,
      roots: folderRoots ?? [],
      folders,
      imageCount: entries.filter((entry) => entry.isFile() && imageExtensions.has(extname(entry.name).toLowerCase())).length,
    }
  }),
}

/** Whether a folder is one of these or lies in one, wherever links lead. */
async function allowedUnder(roots: readonly string[] | undefined): Promise<(path: string) => Promise<boolean>> {
  if (!roots) return async () => true
  const whole = await Promise.all(roots.map(wholePath))
  return async (path) => {
    const real = await wholePath(path)
    return whole.some((root) => {
      const way = relative(root, real)
      return way !== '..' && !way.startsWith('../') && !way.startsWith('..\\') && !isAbsolute(way)
    })
  }
}

/** Without links; as it is where there is no such folder. */
function wholePath(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path))
}

async function readEntries(path: string) {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch (error) {
    throw new SpicerackError('FOLDER_UNREADABLE', say('folderUnreadable', { path }), {
      advice: say('checkFolder'),
      cause: error,
    })
  }
}
