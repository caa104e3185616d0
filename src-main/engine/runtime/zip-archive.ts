import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createInflateRaw } from 'node:zlib'

/** One file inside a zip archive. */
export type ZipEntry = Readonly<{ name: string; method: number; compressedSize: number; size: number; headerOffset: number }>

export type ZipArchive = Readonly<{
  entries: ReadonlyMap<string, ZipEntry>
  /** Unpacks one entry to a file, streaming; returns the SHA-256 of its bytes as unpadded base64url. */
  extract(entry: ZipEntry, targetPath: string, options?: ExtractOptions): Promise<string>
  /** One small entry as text. */
  readText(entry: ZipEntry): Promise<string>
  close(): Promise<void>
}>

type ExtractOptions = Readonly<{ signal?: AbortSignal | undefined; onBytes?: (byteCount: number) => void }>

const endSignature = 0x06054b50
const end64LocatorSignature = 0x07064b50
const end64Signature = 0x06064b50
const centralSignature = 0x02014b50
const localSignature = 0x04034b50
const chunkBytes = 1 << 20
const stored = 0
const deflated = 8

/**
 * Opens a zip archive (zip64 too; stored and deflated entries) and reads its list of files.
 * Throws a plain Error when the file is not a complete zip archive.
 */
export async function openZip(path: string): Promise<ZipArchive> {
  const file = await open(path, 'r')
  try {
    const entries = await readCentralDirectory(file)
    return {
      entries,
      extract: (entry, targetPath, options = {}) => extract(file, entry, targetPath, options),
      readText: (entry) => readText(file, entry),
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) throw new Error('The archive is cut off.')
    filled += bytesRead
  }
  return buffer
}

async function readCentralDirectory(file: FileHandle): Promise<Map<string, ZipEntry>> {
  const { offset, size } = await findCentralDirectory(file)
  const directory = await readAt(file, offset, size)
  const entries = new Map<string, ZipEntry>()
  let at = 0
  while (at + 46 <= directory.length && directory.readUInt32LE(at) === centralSignature) {
    const nameLength = directory.readUInt16LE(at + 28)
    const extraLength = directory.readUInt16LE(at + 30)
    const commentLength = directory.readUInt16LE(at + 32)
    const name = directory.toString('utf8', at + 46, at + 46 + nameLength)
    const extra = directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength)
    const short = {
      size: directory.readUInt32LE(at + 24),
      compressedSize: directory.readUInt32LE(at + 20),
      headerOffset: directory.readUInt32LE(at + 42),
    }
    entries.set(name, { name, method: directory.readUInt16LE(at + 10), ...withZip64Sizes(short, extra) })
    at += 46 + nameLength + extraLength + commentLength
  }
  if (at !== directory.length) throw new Error('The list of files in the archive is damaged.')
  return entries
}

async function findCentralDirectory(file: FileHandle): Promise<{ offset: number; size: number }> {
  const { size: fileSize } = await file.stat()
  const tailSize = Math.min(fileSize, 65_557)
  const tail = await readAt(file, fileSize - tailSize, tailSize)
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== endSignature || at + 22 + tail.readUInt16LE(at + 20) > tail.length) continue
    const offset = tail.readUInt32LE(at + 16)
    const size = tail.readUInt32LE(at + 12)
    if (offset !== 0xffffffff && size !== 0xffffffff) return withinFile({ offset, size }, fileSize)
    if (at < 20 || tail.readUInt32LE(at - 20) !== end64LocatorSignature) break
    const end64 = await readAt(file, Number(tail.readBigUInt64LE(at - 12)), 56)
    if (end64.readUInt32LE(0) !== end64Signature) break
    return withinFile({ offset: Number(end64.readBigUInt64LE(48)), size: Number(end64.readBigUInt64LE(40)) }, fileSize)
  }
  throw new Error('The file is not a complete zip archive.')
}

/** The place of the list of files, when the file is long enough to hold it. */
function withinFile(place: { offset: number; size: number }, fileSize: number): { offset: number; size: number } {
  if (place.offset + place.size > fileSize) throw new Error('The file is not a complete zip archive.')
  return place
}

type Sizes = { size: number; compressedSize: number; headerOffset: number }

/** Sizes of an entry, from its zip64 extra field where the 32-bit ones are full. */
function withZip64Sizes(short: Sizes, extra: Buffer): Sizes {
  const sizes = { ...short }
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    let field = at + 4
    for (const key of ['size', 'compressedSize', 'headerOffset'] as const) {
      if (sizes[key] !== 0xffffffff) continue
      sizes[key] = Number(extra.readBigUInt64LE(field))
      field += 8
    }
  }
  return sizes
}

/** The unpacked bytes of an entry, chunk by chunk. */
async function* unpackedChunks(file: FileHandle, entry: ZipEntry, signal?: AbortSignal): AsyncGenerator<Buffer> {
  if (entry.method !== stored && entry.method !== deflated) throw new Error(`${entry.name}: compression ${entry.method} is not supported.`)
  const header = await readAt(file, entry.headerOffset, 30)
  if (header.readUInt32LE(0) !== localSignature) throw new Error(`${entry.name}: its header is damaged.`)
  const start = entry.headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
  const packed = packedChunks(file, start, entry.compressedSize, signal)
  if (entry.method === stored) yield* packed
  else {
    const inflated = createInflateRaw({ chunkSize: chunkBytes })
    // An error on either side ends the other one, and the loop over what comes out throws it.
    pipeline(Readable.from(packed, { objectMode: false }), inflated, () => {})
    yield* inflated as AsyncIterable<Buffer>
  }
}

async function* packedChunks(file: FileHandle, start: number, length: number, signal?: AbortSignal): AsyncGenerator<Buffer> {
  for (let done = 0; done < length; done += chunkBytes) {
    signal?.throwIfAborted()
    yield await readAt(file, start + done, Math.min(chunkBytes, length - done))
  }
}

async function extract(file: FileHandle, entry: ZipEntry, targetPath: string, { signal, onBytes }: ExtractOptions): Promise<string> {
  const hash = createHash('sha256')
  const target = await open(targetPath, 'w')
  let byteCount = 0
  try {
    for await (const chunk of unpackedChunks(file, entry, signal)) {
      hash.update(chunk)
      await target.writeFile(chunk)
      byteCount += chunk.length
      onBytes?.(chunk.length)
    }
  } finally {
    await target.close()
  }
  if (byteCount !== entry.size) throw new Error(`${entry.name}: ${byteCount} bytes came out, ${entry.size} were announced.`)
  return hash.digest('base64url')
}

async function readText(file: FileHandle, entry: ZipEntry): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of unpackedChunks(file, entry)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
