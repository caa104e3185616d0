import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A file of the dataset as the manifest records it; `path` is below the dataset folder, forward slashes. */
export type DatasetFile = Readonly<{ path: string; sha256: string; sizeBytes: number }>

/** Writes a new file chunk by chunk, flushes it to the disk, and gives its hash. */
export async function writeHashedFile(
  folder: string,
  path: string,
  chunks: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<DatasetFile> {
  const file = await open(join(folder, path), 'wx')
  const hash = createHash('sha256')
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
  return { path, sha256: hash.digest('hex'), sizeBytes: (await stat(join(folder, path))).size }
}
