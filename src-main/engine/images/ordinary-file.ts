import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { formatHeaderBytes } from './image-format.ts'
import { type ImageProblem, imageProblem, toFileProblem } from './image-problem.ts'

/** Files with more bytes than this are refused. */
export const mostFileBytes = 1 << 30

/** SHA-256 of an ordinary file, hex; or the reason why it cannot be read. */
export async function hashFile(path: string): Promise<string | ImageProblem> {
  const file = await readOrdinaryFile(path, mostFileBytes, () => undefined)
  return file.kind === 'problem' ? file : hash('sha256', file.content, 'hex')
}

type OrdinaryFile = Readonly<{ kind: 'content'; content: Buffer; sizeBytes: number; mtimeMs: number }>

/** Never opens a pipe or device: it would wait for ever. Non-blocking, in case the file was replaced by one after the look. */
export async function readOrdinaryFile(
  path: string,
  maxBytes: number,
  checkHeader: (header: Buffer) => ImageProblem | undefined,
): Promise<OrdinaryFile | ImageProblem> {
  let handle: FileHandle | undefined
  try {
    if (!(await stat(path)).isFile()) return imageProblem('not-a-file', 'It is not an ordinary file; it was not opened.')
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const status = await handle.stat()
    if (!status.isFile()) return imageProblem('not-a-file', 'It is not an ordinary file.')
    if (status.size === 0) return imageProblem('empty', 'It is empty (0 bytes).')
    const header = Buffer.alloc(Math.min(formatHeaderBytes, status.size))
    await handle.read(header, 0, header.length, 0)
    const problem = checkHeader(header)
    if (problem) return problem
    if (status.size > maxBytes) return imageProblem('too-large', `It has ${status.size} bytes; the limit is ${maxBytes}.`)
    const content = Buffer.allocUnsafeSlow(status.size)
    let filled = 0
    while (filled < content.length) {
      const { bytesRead } = await handle.read(content, filled, content.length - filled, filled)
      if (bytesRead === 0) return imageProblem('truncated', 'It became shorter while it was read.')
      filled += bytesRead
    }
    return { kind: 'content', content, sizeBytes: status.size, mtimeMs: Math.floor(status.mtimeMs) }
  } catch (error) {
    return toFileProblem(error)
  } finally {
    await handle?.close()
  }
}
