import { createHash } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A file of the dataset as the manifest records it; `path` is below the dataset folder, forward slashes. */
export type DatasetFile = Readonly<{ path: string; sha256: string; sizeBytes: number }>

/**
 * Writes a file chunk by chunk, flushes it to the disk, and gives its hash. It is there as a whole or not at all; one of before is
 * replaced.
 */
export async function writeHashedFile(
  folder: string,
  path: string,
  chunks: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<DatasetFile> {
  const unfinished = join(folder, `${path}.unfinished`)
  const hash = createHash('sha256')
  try {
    const file = await open(unfinished, 'w')
    try {
      for await (const chunk of chunks) {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk
        hash.update(bytes)
        await file.appendFile(bytes)
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, join(folder, path))
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
  return { path, sha256: hash.digest('hex'), sizeBytes: (await stat(join(folder, path))).size }
}
