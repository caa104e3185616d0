import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProjectFolder } from '#engine/database/project-folder.ts'
import { cacheFolder } from '#engine/files/cache-folder.ts'
import { storedSize } from '#engine/files/stored-size.ts'
import { projectParts } from '#shared/contract/storage.ts'
import { api } from './api-context.ts'

export const storageApi = {
  get: api.storage.get.handler(async ({ context }) => {
    const path = cacheFolder()
    return {
      project: context.hasSession() ? await measureProject(context.session().project.folder) : null,
      cache: { path, sizeBytes: await storedSize(path) },
    }
  }),
}

async function measureProject(folder: ProjectFolder) {
  const known: Readonly<Record<string, (typeof projectParts)[number]>> = {
    [folder.thumbnails]: 'thumbnails',
    [folder.pixels]: 'pixels',
    [folder.embeddings]: 'embeddings',
    [folder.runs]: 'runs',
    [folder.backups]: 'backups',
  }
  const sizes = new Map(projectParts.map((name) => [name, 0]))
  for (const entry of await readdir(folder.path)) {
    const path = join(folder.path, entry)
    // The database has its log and the log's index beside it.
    const name = path.startsWith(folder.database) ? 'database' : (known[path] ?? 'other')
    sizes.set(name, (sizes.get(name) ?? 0) + (await storedSize(path)))
  }
  const parts = [...sizes].map(([name, sizeBytes]) => ({ name, sizeBytes }))
  return { path: folder.path, sizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0), parts }
}
