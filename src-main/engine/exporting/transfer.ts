import { createHash } from 'node:crypto'
import { link, open, readFile, rm, symlink } from 'node:fs/promises'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { ExportOptions, ExportRow } from './export-row.ts'

/** Why an image could not be exported, or how it was. */
export type TransferOutcome = 'done' | 'copied-instead' | 'missing' | 'unreadable' | 'changed'

const chunkBytes = 1 << 20

/**
 * Brings one image to `target` and checks its bytes against the recorded hash on the way.
 * @throws BAD_INPUT where the file system cannot make the link and no fallback was asked for; errors of writing.
 */
export async function transferImage(
  row: ExportRow,
  target: string,
  { transfer, hardlinkFallback }: Pick<ExportOptions, 'transfer' | 'hardlinkFallback'>,
): Promise<TransferOutcome> {
  const outcome = await readAndCopy(row, transfer === 'copy' ? target : null)
  if (outcome !== 'done' || transfer === 'copy') return outcome
  try {
    await (transfer === 'hardlink' ? link(row.absolutePath, target) : symlink(row.absolutePath, target))
    return 'done'
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (!['EXDEV', 'EPERM', 'EACCES', 'ENOTSUP', 'ENOSYS', 'EMLINK', 'EINVAL', 'UNKNOWN'].includes(code)) throw error
    if (transfer === 'hardlink' && hardlinkFallback === 'copy') {
      const copied = await readAndCopy(row, target)
      return copied === 'done' ? 'copied-instead' : copied
    }
    const path = row.absolutePath
    throw new SpicerackError(
      'BAD_INPUT',
      code === 'EXDEV' ? say('linkOtherDisk', { transfer, path }) : say('linkRefused', { transfer, path, code }),
      { advice: transfer === 'hardlink' ? say('copyOrSymlink') : say('exportByCopy'), cause: error },
    )
  }
}

/** The bytes of an image's file, or why they are not what was imported. */
export async function readChecked(row: ExportRow): Promise<Uint8Array | 'missing' | 'unreadable' | 'changed'> {
  try {
    const bytes = await readFile(row.absolutePath)
    return createHash('sha256').update(bytes).digest('hex') === row.contentHash ? bytes : 'changed'
  } catch (error) {
    return toReadProblem(error as NodeJS.ErrnoException)
  }
}

/** @throws the error itself where it is not about this file. */
function toReadProblem(error: NodeJS.ErrnoException): 'missing' | 'unreadable' {
  if (error.code === 'EMFILE' || error.code === 'ENFILE') throw error
  return error.code === 'ENOENT' || error.code === 'ENOTDIR' ? 'missing' : 'unreadable'
}

async function readAndCopy(row: ExportRow, target: string | null): Promise<TransferOutcome> {
  const source = await open(row.absolutePath, 'r').catch((error: NodeJS.ErrnoException) => error)
  if (source instanceof Error) return toReadProblem(source)
  const output =
    target === null
      ? null
      : await open(target, 'wx').catch(async (error) => {
          await source.close()
          throw error
        })
  try {
    const hash = createHash('sha256')
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, Math.max(row.sizeBytes + 1, 4096)))
    for (;;) {
      const read = await source.read(buffer, 0, buffer.length, null).catch(() => null)
      if (read === null) return await abandon('unreadable')
      if (read.bytesRead === 0) break
      const chunk = buffer.subarray(0, read.bytesRead)
      hash.update(chunk)
      await output?.appendFile(chunk)
    }
    return hash.digest('hex') === row.contentHash ? 'done' : await abandon('changed')
  } finally {
    await source.close()
    await output?.close()
  }

  async function abandon(outcome: TransferOutcome): Promise<TransferOutcome> {
    if (target !== null) await rm(target, { force: true })
    return outcome
  }
}
