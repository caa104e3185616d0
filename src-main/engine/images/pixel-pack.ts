import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { PixelPack } from '#shared/worker-protocol.ts'

/** Bytes of one row: `size * size * 3`. */
export function pixelRowBytes(size: number): number {
  return size * size * 3
}

export interface PixelPackWriter {
  /** Rows written so far, those of earlier sessions included. */
  readonly count: number
  /** Adds `n * size * size * 3` bytes; returns the index of their first row. */
  append(rows: Uint8Array): number
  /** Makes what was appended survive a power cut. Commit the rows to the database after this, not before. */
  flush(): void
  close(): void
}

/**
 * Opens a pack for appending, or makes an empty one. `pack.count` is the number of rows the database knows: what lies beyond it was
 * written by a process that died before it could say so, and is cut off.
 *
 * @throws PROJECT_DAMAGED when the file holds fewer rows than the database knows.
 */
export function openPixelPackWriter(pack: PixelPack): PixelPackWriter {
  const rowBytes = pixelRowBytes(pack.size)
  const file = openSync(pack.path, 'a+')
  let { count } = pack
  try {
    if (fstatSync(file).size < count * rowBytes) throw shorterThanKnown(pack)
    ftruncateSync(file, count * rowBytes)
  } catch (error) {
    closeSync(file)
    throw error
  }
  return {
    get count() {
      return count
    },
    append(rows) {
      if (rows.length % rowBytes !== 0)
        throw new SpicerackError('INTERNAL', `${rows.length} bytes are not whole rows of ${rowBytes} bytes; nothing was written.`)
      try {
        for (let written = 0; written < rows.length; ) written += writeSync(file, rows, written)
      } catch (error) {
        ftruncateSync(file, count * rowBytes)
        throw error
      }
      const firstRow = count
      count += rows.length / rowBytes
      return firstRow
    },
    flush: () => fsyncSync(file),
    close: () => closeSync(file),
  }
}

export interface PixelPackReader {
  /** Whether the pack is held in memory. */
  readonly isInMemory: boolean
  /**
   * `[rows, size, size, 3]` bytes of the given rows, in the given order; repeats are allowed. Written to `into` when given.
   *
   * @throws BAD_INPUT when a row does not exist.
   */
  readRows(rows: ArrayLike<number>, into?: Uint8Array): Uint8Array
  close(): void
}

/**
 * Packs up to this size are kept in memory by a reader unless it is told otherwise. Larger ones the system keeps, as far as it has room;
 * each stage opens the pack anew, so that one of 1 GB would be held twice until the garbage of the stage before is collected.
 */
const defaultMemoryBudgetBytes = 1 << 26

/**
 * Opens a pack for reading rows at random; meant for a worker thread, since it is synchronous. A pack within `memoryBudgetBytes` is read
 * at once and kept; a larger one is read by range.
 *
 * @throws PROJECT_DAMAGED when the file holds fewer rows than `pack.count`; NOT_FOUND when there is no file.
 */
export function openPixelPackReader(pack: PixelPack, options: { memoryBudgetBytes?: number } = {}): PixelPackReader {
  const rowBytes = pixelRowBytes(pack.size)
  const totalBytes = pack.count * rowBytes
  const file = openPackFile(pack)
  if (fstatSync(file).size < totalBytes) {
    closeSync(file)
    throw shorterThanKnown(pack)
  }
  const isInMemory = totalBytes <= (options.memoryBudgetBytes ?? defaultMemoryBudgetBytes)
  const memory = isInMemory ? new Uint8Array(totalBytes) : undefined
  if (memory) readFully(file, memory, 0, totalBytes, 0)
  return {
    isInMemory,
    readRows(rows, into = new Uint8Array(rows.length * rowBytes)) {
      if (into.length < rows.length * rowBytes)
        throw new SpicerackError('INTERNAL', `${into.length} bytes cannot hold ${rows.length} rows.`)
      for (let index = 0; index < rows.length; index++) {
        const row = rows[index]!
        if (!(row >= 0 && row < pack.count && Number.isInteger(row)))
          throw new SpicerackError('BAD_INPUT', say('noPixelRow', { row, count: pack.count }))
        if (memory) into.set(memory.subarray(row * rowBytes, (row + 1) * rowBytes), index * rowBytes)
        else readFully(file, into, index * rowBytes, rowBytes, row * rowBytes)
      }
      return into
    },
    close: () => closeSync(file),
  }
}

function openPackFile(pack: PixelPack): number {
  try {
    return openSync(pack.path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new SpicerackError('NOT_FOUND', say('pixelsMissing', { path: pack.path }), {
      advice: say('importAgain'),
      cause: error,
    })
  }
}

function readFully(file: number, into: Uint8Array, at: number, length: number, position: number): void {
  const chunkBytes = 1 << 28
  for (let done = 0; done < length; ) {
    const bytesRead = readSync(file, into, at + done, Math.min(chunkBytes, length - done), position + done)
    if (bytesRead === 0) throw new SpicerackError('PROJECT_DAMAGED', say('pixelsShortened'))
    done += bytesRead
  }
}

function shorterThanKnown(pack: PixelPack): SpicerackError {
  return new SpicerackError('PROJECT_DAMAGED', say('pixelsTooShort', { path: pack.path, images: pack.count }), {
    advice: say('importForPixels'),
  })
}
