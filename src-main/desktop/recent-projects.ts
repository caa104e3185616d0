import { existsSync } from 'node:fs'
import { app } from 'electron'
import { readJsonFile, writeJsonFile } from './json-file.ts'

const limit = 10

/** The projects opened last, newest first; those that are gone are left out. */
export interface RecentProjects {
  list(): readonly string[]
  add(path: string): void
}

export function openRecentProjects(filePath: string): RecentProjects {
  let paths = readJsonFile<readonly string[]>(
    filePath,
    (value) => (value as unknown[]).filter((path): path is string => typeof path === 'string'),
    [],
  )
  return {
    list: () => paths.filter((path) => existsSync(path)),
    add(path) {
      if (paths[0] === path) return
      paths = [path, ...paths.filter((other) => other !== path)].slice(0, limit)
      writeJsonFile(filePath, paths)
      app.addRecentDocument(path)
    },
  }
}
