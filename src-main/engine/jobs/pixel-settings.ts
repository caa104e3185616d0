import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProjectFolder } from '#engine/database/project-folder.ts'
import { writeWholeFile } from '#engine/files/write-whole-file.ts'

/** How the images of a project are decoded; fixed by its first import. */
export type PixelSettings = Readonly<{ size: number; fit: 'cover' | 'contain' | 'squash' }>

/** Undefined before the first import. */
export function readPixelSettings(folder: ProjectFolder): PixelSettings | undefined {
  try {
    return JSON.parse(readFileSync(join(folder.pixels, 'settings.json'), 'utf8')) as PixelSettings
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export function writePixelSettings(folder: ProjectFolder, settings: PixelSettings): void {
  writeWholeFile(join(folder.pixels, 'settings.json'), `${JSON.stringify(settings)}\n`)
}

/** The file of decoded images of this size. */
export function pixelPackPath(folder: ProjectFolder, size: number): string {
  return join(folder.pixels, `${size}.u8`)
}
