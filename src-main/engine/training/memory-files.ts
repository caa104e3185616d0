import type { RunFiles } from './run-context.ts'

/** The files of a run, in memory. */
export function memoryFiles(files = new Map<string, Uint8Array>()): RunFiles {
  return {
    read: (name) => files.get(name),
    readPart: (name, start, end) => files.get(name)?.subarray(start, end),
    size: (name) => files.get(name)?.length,
    write: (name, bytes) => void files.set(name, bytes.slice()),
    append(name, bytes) {
      const before = files.get(name) ?? new Uint8Array()
      const joined = new Uint8Array(before.length + bytes.length)
      joined.set(before)
      joined.set(bytes, before.length)
      files.set(name, joined)
    },
    remove: (name) => void files.delete(name),
  }
}
