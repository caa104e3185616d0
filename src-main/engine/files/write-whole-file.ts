import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

/**
 * Writes a file so that it is there as a whole or not at all, also after a kill or a power cut: beside its place, flushed, then renamed.
 * When anything fails, what was there before stays as it was.
 */
export function writeWholeFile(path: string, content: Uint8Array | string): void {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const unfinished = `${path}.unfinished`
  try {
    const file = openSync(unfinished, 'w')
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(unfinished, path)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
}
