/** What the first bytes of a file say it is. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif' | 'bmp'

/** Formats that are recognised in order to say what they are; they are not read. */
export type RefusedFormat = 'svg' | 'pdf' | 'heic' | 'jpeg-xl' | 'jpeg-2000' | 'psd' | 'ico'

/** How many first bytes {@link detectFormat} wants. */
export const formatHeaderBytes = 512

const extensionsOf: Readonly<Record<ImageFormat, readonly string[]>> = {
  jpeg: ['jpg', 'jpeg', 'jpe', 'jfif', 'jfi', 'jif', 'mpo'],
  png: ['png', 'apng'],
  webp: ['webp'],
  gif: ['gif'],
  tiff: ['tif', 'tiff'],
  avif: ['avif', 'avifs'],
  bmp: ['bmp', 'dib'],
}

/** The format by content alone; undefined when the bytes are no image that we know of. */
export function detectFormat(header: Buffer): ImageFormat | RefusedFormat | undefined {
  const ascii = (start: number, end: number) => header.toString('latin1', start, end)
  if (header[0] === 0xff && header[1] === 0xd8 && header[2] === 0xff) return 'jpeg'
  if (ascii(0, 8) === '\x89PNG\r\n\x1a\n') return 'png'
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'webp'
  if (ascii(0, 6) === 'GIF87a' || ascii(0, 6) === 'GIF89a') return 'gif'
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(ascii(0, 4))) return 'tiff'
  if (ascii(4, 8) === 'ftyp') return detectBox(header)
  if (ascii(0, 2) === 'BM' && header.length >= 18 && [12, 40, 52, 56, 64, 108, 124].includes(header.readUInt32LE(14))) return 'bmp'
  if (ascii(0, 5) === '%PDF-') return 'pdf'
  if (ascii(0, 4) === '8BPS') return 'psd'
  if (ascii(0, 4) === '\0\0\x01\0') return 'ico'
  if (ascii(0, 2) === '\xff\x0a' || ascii(4, 8) === 'JXL ') return 'jpeg-xl'
  if (ascii(4, 8) === 'jP  ' || ascii(0, 4) === '\xff\x4f\xff\x51') return 'jpeg-2000'
  if (/^(\xef\xbb\xbf)?\s*<(\?xml|!--|!doctype svg|svg)[\s\S]*/i.test(ascii(0, 512)) && /<svg[\s>]|<!doctype svg/i.test(ascii(0, 512)))
    return 'svg'
  return undefined
}

/** True when the extension names another image format than the content; a missing or unknown extension is no lie. */
export function hasLyingExtension(path: string, format: ImageFormat): boolean {
  const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase()
  if (extension === undefined || extensionsOf[format].includes(extension)) return false
  return Object.values(extensionsOf).some((extensions) => extensions.includes(extension))
}

/** ISO base media files: the major brand, then the compatible brands, tell AVIF from HEIC. */
function detectBox(header: Buffer): ImageFormat | RefusedFormat | undefined {
  const brands = header.toString('latin1', 8, Math.min(header.readUInt32BE(0), header.length))
  if (/avi[fs]/.test(brands)) return 'avif'
  if (/hei[cxms]|hev[cx]|mif1/.test(brands)) return 'heic'
  return undefined
}

/** True when the container says that the file should go on after its last byte; a cheap look, for a file that failed to decode. */
export function isCutShort(content: Buffer, format: ImageFormat): boolean {
  switch (format) {
    case 'webp':
      return content.length < 12 || content.readUInt32LE(4) + 8 > content.length
    case 'png':
      return content.lastIndexOf('IEND', undefined, 'latin1') < 0
    case 'jpeg':
      return content.lastIndexOf(Buffer.from([0xff, 0xd9])) < 0
    case 'tiff': {
      if (content.length < 8) return true
      const directory = content[0] === 0x49 ? content.readUInt32LE(4) : content.readUInt32BE(4)
      return directory + 2 > content.length
    }
    default:
      return false
  }
}
