import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, readSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeWholeFile } from '#engine/files/write-whole-file.ts'
import { type RunFiles, runFiles } from '#engine/training/run-context.ts'

/**
 * The files of one run in the project's folder: runs/<run>/, but for the embedding, which is embeddings/<run>.f32.
 */
export function openRunFolder(projectPath: string, runId: string): RunFiles {
  const pathOf = (name: string): string =>
    name === runFiles.embedding ? join(projectPath, 'embeddings', `${runId}.f32`) : join(projectPath, 'runs', runId, name)
  return {
    read: (name) =>
      whereThere(() => {
        const { buffer, byteOffset, byteLength } = readFileSync(pathOf(name))
        // A plain array: slice() of a Buffer does not copy.
        return new Uint8Array(buffer, byteOffset, byteLength)
      }),
    readPart: (name, start, end) => whereThere(() => readPart(pathOf(name), start, end)),
    size: (name) => statSync(pathOf(name), { throwIfNoEntry: false })?.size,
    write(name, bytes) {
      const path = pathOf(name)
      mkdirSync(dirname(path), { recursive: true })
      writeWholeFile(path, bytes)
    },
    append(name, bytes) {
      mkdirSync(dirname(pathOf(name)), { recursive: true })
      appendFileSync(pathOf(name), bytes, { flush: true })
    },
    remove: (name) => rmSync(pathOf(name), { force: true }),
  }
}

/** Undefined where there is no such file. */
function whereThere<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function readPart(path: string, start: number, end: number): Uint8Array {
  const file = openSync(path, 'r')
  try {
    const bytes = new Uint8Array(end - start)
    let length = 0
    for (let got = -1; got !== 0 && length < bytes.length; length += got)
      got = readSync(file, bytes, length, bytes.length - length, start + length)
    return bytes.subarray(0, length)
  } finally {
    closeSync(file)
  }
}
