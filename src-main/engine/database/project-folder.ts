import { mkdirSync, rmSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { RunId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { toDatabaseError } from './connection.ts'

const projectEnding = '.spicerack'

/** Where things are in a project's folder. */
export type ProjectFolder = Readonly<{
  path: string
  name: string
  database: string
  pixels: string
  embeddings: string
  runs: string
  run: (id: RunId) => string
  thumbnails: string
  exports: string
  backups: string
}>

/** The layout of NAME.spicerack; makes nothing. A path without that ending gets it. */
export function projectFolder(path: string): ProjectFolder {
  const absolute = resolve(path)
  const folder = absolute.endsWith(projectEnding) ? absolute : absolute + projectEnding
  return {
    path: folder,
    name: basename(folder, projectEnding),
    database: join(folder, 'project.db'),
    pixels: join(folder, 'pixels'),
    embeddings: join(folder, 'embeddings'),
    runs: join(folder, 'runs'),
    run: (id) => join(folder, 'runs', id),
    thumbnails: join(folder, 'thumbnails.pack'),
    exports: join(folder, 'exports'),
    backups: join(folder, 'backups'),
  }
}

/**
 * Makes the folders of a new project.
 *
 * @throws PROJECT_EXISTS when something is there already; FOLDER_READ_ONLY, DISK_FULL.
 */
export function makeProjectFolder(folder: ProjectFolder): void {
  const parent = resolve(folder.path, '..')
  try {
    mkdirSync(parent, { recursive: true })
    mkdirSync(folder.path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EEXIST' && isFolder(parent))
      throw new SpicerackError('PROJECT_EXISTS', `There is something at ${folder.path} already; it was not touched.`, {
        advice: 'Open it, or choose another name.',
        cause: error,
      })
    if (code === 'ENOTDIR' || code === 'EEXIST')
      throw new SpicerackError('FOLDER_READ_ONLY', `No project can be made at ${folder.path}: a part of this path is a file.`, {
        advice: 'Choose a folder you can write to.',
        cause: error,
      })
    throw toDatabaseError(error)
  }
  try {
    makeParts(folder)
  } catch (error) {
    rmSync(folder.path, { recursive: true, force: true })
    throw error
  }
}

/** @throws NOT_FOUND when no project is there. */
export function requireProjectFolder(folder: ProjectFolder): void {
  if (!isFile(folder.database))
    throw new SpicerackError('NOT_FOUND', `There is no project at ${folder.path}.`, { advice: 'Check the path, or make a new project.' })
  makeParts(folder)
}

function makeParts(folder: ProjectFolder): void {
  try {
    for (const part of [folder.pixels, folder.embeddings, folder.runs, folder.exports, folder.backups]) mkdirSync(part, { recursive: true })
  } catch (error) {
    throw toDatabaseError(error)
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
