import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'

/** Writes a small file so that it is there as a whole or not at all, also after a power cut. */
export function writeFileAtomically(path: string, content: string): void {
  const unfinished = `${path}.unfinished`
  const file = openSync(unfinished, 'w')
  try {
    writeFileSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(unfinished, path)
}
