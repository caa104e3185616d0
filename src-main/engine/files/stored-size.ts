import type { Dirent } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes of a file, or of all files below a folder; links are not followed, and what goes away meanwhile counts as nothing. */
export async function storedSize(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => error)
  if (!(entries instanceof Error)) return sumOf(entries)
  return entries.code === 'ENOTDIR' ? sizeOf(path) : 0
}

async function sumOf(entries: readonly Dirent[]): Promise<number> {
  let sum = 0
  for (const entry of entries) if (entry.isFile()) sum += await sizeOf(join(entry.parentPath, entry.name))
  return sum
}

async function sizeOf(path: string): Promise<number> {
  return lstat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
