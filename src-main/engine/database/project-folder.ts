import { lstatSync, mkdirSync, mkdtempSync, readdirSync, renameSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { RunId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { toDatabaseError } from './connection.ts'

const projectEnding = '.spicerack'
/** Short and without the name of the project, which may be as long as a name can be. */
const unfinishedStart = '.spicerack-unfinished-'

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
  return layoutOf(absolute.endsWith(projectEnding) ? absolute : absolute + projectEnding)
}

function layoutOf(folder: string): ProjectFolder {
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
 * Makes the folders of a new project beside the place where it shall be, so that it appears there as a whole or not at all.
 *
 * @throws PROJECT_EXISTS when something is there already; FOLDER_READ_ONLY, DISK_FULL.
 */
export function beginProjectFolder(folder: ProjectFolder): ProjectFolder {
  const parent = dirname(folder.path)
  try {
    mkdirSync(parent, { recursive: true })
    refuseTaken(folder)
    return layoutOf(mkdtempSync(join(parent, unfinishedStart)))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOTDIR' || code === 'EEXIST')
      throw new SpicerackError('FOLDER_READ_ONLY', say('noProjectUnderFile', { path: folder.path }), {
        advice: say('chooseWritable'),
        cause: error,
      })
    throw toDatabaseError(error)
  }
}

/** Puts a project that was made beside its place there. @throws PROJECT_EXISTS when something came there meanwhile. */
export function finishProjectFolder(unfinished: ProjectFolder, folder: ProjectFolder): void {
  refuseTaken(folder)
  renameSync(unfinished.path, folder.path)
}

/** The folders beside this one in which a project is being made, or was when its process was killed; none where they cannot be listed. */
export function unfinishedProjectFolders(folder: ProjectFolder): string[] {
  const parent = dirname(folder.path)
  try {
    return readdirSync(parent)
      .filter((name) => name.startsWith(unfinishedStart))
      .map((name) => join(parent, name))
  } catch {
    return []
  }
}

function refuseTaken({ path }: ProjectFolder): void {
  if (lstatSync(path, { throwIfNoEntry: false }))
    throw new SpicerackError('PROJECT_EXISTS', say('somethingThere', { path }), {
      advice: say('openOrOtherName'),
    })
}

/** @throws NOT_FOUND when no project is there. */
export function requireProjectFolder(folder: ProjectFolder): void {
  if (!isFile(folder.database))
    throw new SpicerackError('NOT_FOUND', say('noProjectAt', { path: folder.path }), { advice: say('checkPathOrNew') })
  makeParts(folder)
}

/** Makes the folders that are missing. @throws FOLDER_READ_ONLY, DISK_FULL. */
export function makeParts(folder: ProjectFolder): void {
  try {
    for (const part of [folder.pixels, folder.embeddings, folder.runs, folder.exports, folder.backups]) mkdirSync(part, { recursive: true })
  } catch (error) {
    throw toDatabaseError(error)
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
