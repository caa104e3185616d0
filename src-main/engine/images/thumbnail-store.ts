import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'

/** Where a thumbnail lies in the packed file; the database keeps it. */
export type ThumbnailPlace = Readonly<{ offset: number; length: number }>

export interface ThumbnailStore {
  /** Bytes in the file; after a flush, the figure to commit to the database. */
  readonly sizeBytes: number
  append(thumbnail: Uint8Array): ThumbnailPlace
  /** @throws PROJECT_DAMAGED when the file has no such bytes. */
  read(place: ThumbnailPlace): Buffer<ArrayBuffer>
  /** Makes what was appended survive a power cut. Commit the places to the database after this, not before. */
  flush(): void
  close(): void
}

/**
 * The packed file of all thumbnails (WebP, one after the other), opened for reading and appending, made when missing.
 *
 * @param knownBytes where the last thumbnail known to the database ends; what lies beyond it is cut off. Omit it to read and cut nothing.
 * @throws PROJECT_DAMAGED when the file is shorter than that.
 */
export function openThumbnailStore(path: string, knownBytes?: number): ThumbnailStore {
  const file = openSync(path, 'a+')
  let sizeBytes = fstatSync(file).size
  if (knownBytes !== undefined) {
    if (sizeBytes < knownBytes) {
      closeSync(file)
      throw damaged(`${path} has ${sizeBytes} bytes, but the project knows ${knownBytes}.`)
    }
    ftruncateSync(file, knownBytes)
    sizeBytes = knownBytes
  }
  return {
    get sizeBytes() {
      return sizeBytes
    },
    append(thumbnail) {
      try {
        for (let written = 0; written < thumbnail.length; ) written += writeSync(file, thumbnail, written)
      } catch (error) {
        ftruncateSync(file, sizeBytes)
        throw error
      }
      const place = { offset: sizeBytes, length: thumbnail.length }
      sizeBytes += thumbnail.length
      return place
    },
    read({ offset, length }) {
      const bytes = Buffer.alloc(length)
      if (readSync(file, bytes, 0, length, offset) !== length) throw damaged(`${path} has no ${length} bytes at ${offset}.`)
      return bytes
    },
    flush: () => fsyncSync(file),
    close: () => closeSync(file),
  }
}

function damaged(detail: string): SpicerackError {
  return new SpicerackError('PROJECT_DAMAGED', say('thumbnailsDamaged', { detail }), {
    advice: say('importForThumbnails'),
  })
}
