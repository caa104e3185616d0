import { createReadStream } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { Readable } from 'node:stream'
import sharp from 'sharp'
import { type ExifFacts, parseExif } from './exif.ts'

/** What browsers show by themselves. */
const browserTypes: Readonly<Record<string, string>> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  avif: 'image/avif',
  bmp: 'image/bmp',
}

/** Longest side of what is converted, in pixels: more than any screen shows. */
const mostPx = 4096

export type DisplayImage = Readonly<{
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>
  type: string
  sizeBytes: number
  modifiedAt: number
}>

/**
 * An image of the user as a browser can show it: its own bytes, or WebP where browsers do not know the format.
 *
 * @param root Folder that the file must lie in, also after links are followed.
 * @returns Undefined when there is no such file in it.
 */
export async function openForDisplay(root: string, path: string, format: string): Promise<DisplayImage | undefined> {
  try {
    const file = await findInside(root, path)
    if (file === undefined) return undefined
    const { size, mtimeMs } = await stat(file)
    const type = browserTypes[format]
    const facts = { sizeBytes: size, modifiedAt: mtimeMs }
    if (type !== undefined) return { ...facts, type, body: Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array> }
    const picture = sharp(file).rotate().resize(mostPx, mostPx, { fit: 'inside', withoutEnlargement: true })
    return { ...facts, type: 'image/webp', body: new Uint8Array(await picture.webp().toBuffer()) }
  } catch {
    return undefined
  }
}

/** What the camera wrote into an image of the user; undefined where there is no such file in this folder, or nothing in it. */
export async function readExif(root: string, path: string): Promise<ExifFacts | undefined> {
  try {
    const file = await findInside(root, path)
    if (file === undefined) return undefined
    const { format, exif } = await sharp(file).metadata()
    // The tags of a TIFF are its own; sharp gives none of them.
    if (format === 'tiff') return await readTiffTags(file)
    return exif && (await parseExif(exif))
  } catch {
    return undefined
  }
}

async function readTiffTags(path: string): Promise<ExifFacts> {
  await using file = await open(path)
  const { size } = await file.stat()
  const read = async (at: number, length: number): Promise<DataView> => {
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, at)
    return new DataView(buffer.buffer, 0, bytesRead)
  }
  return await parseExif({ sizeBytes: size, read })
}

/** The file itself, once links are followed; undefined when that leads out of the folder. */
async function findInside(root: string, path: string): Promise<string | undefined> {
  const [folder, file] = await Promise.all([realpath(root), realpath(join(root, path))])
  return file.startsWith(folder.endsWith(sep) ? folder : folder + sep) ? file : undefined
}
