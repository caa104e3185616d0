import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, extname, isAbsolute, join, resolve } from 'node:path'
import { SpicerackError } from '#shared/errors.ts'
import { api } from './api-context.ts'

const imageExtensions = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.bmp', '.avif'])
const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

export const foldersApi = {
  list: api.folders.list.handler(async ({ input }) => {
    if (input.path !== undefined && !isAbsolute(input.path)) throw new SpicerackError('BAD_INPUT', 'The folder must be an absolute path.')
    const path = resolve(input.path ?? homedir())
    const entries = await readEntries(path)
    const folders = entries
      .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
      .filter((entry) => !imageExtensions.has(extname(entry.name).toLowerCase()))
      .map(({ name }) => ({ name, path: join(path, name), isProject: name.endsWith('.spicerack') }))
      .sort((one, other) => byName.compare(one.name, other.name))
    const parent = dirname(path)
    return {
      path,
      parent: parent === path ? null : parent,
      folders,
      imageCount: entries.filter((entry) => entry.isFile() && imageExtensions.has(extname(entry.name).toLowerCase())).length,
    }
  }),
}

async function readEntries(path: string) {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch (error) {
    throw new SpicerackError('FOLDER_UNREADABLE', `The folder ${path} cannot be read.`, {
      advice: 'Check that it exists and that you may read it.',
      cause: error,
    })
  }
}
