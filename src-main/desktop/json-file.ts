import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** What a small file says, checked by `parse`; `initial` when it is absent or damaged: nothing of worth is kept there. */
export function readJsonFile<Value>(path: string, parse: (value: unknown) => Value, initial: Value): Value {
  try {
    return parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return initial
  }
}

/** Writes it whole or not at all; a disk that refuses is no reason to stop. */
export function writeJsonFile(path: string, value: unknown): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.partial`, JSON.stringify(value))
    renameSync(`${path}.partial`, path)
  } catch {
    // Only comfort is lost: the place of a window.
  }
}
