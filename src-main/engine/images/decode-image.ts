import { hash } from 'node:crypto'
import sharp from 'sharp'
import { BmpError, readBmp } from './bmp-reader.ts'
import { detectFormat, hasLyingExtension, type ImageFormat, isCutShort, type RefusedFormat } from './image-format.ts'
import { type ImageProblem, imageProblem } from './image-problem.ts'
import { mostFileBytes, readOrdinaryFile } from './ordinary-file.ts'
import { perceptualHash } from './perceptual-hash.ts'

/** How an image becomes square: the middle of it, all of it on white, or all of it distorted. */
export const pixelFits = ['cover', 'contain', 'squash'] as const
export type PixelFit = (typeof pixelFits)[number]

export type DecodeOptions = Readonly<{
  /** Side of the square for training, in pixels. */
  size: number
  fit: PixelFit
  /** Images with more pixels than this are refused; default {@link decodeLimits}. */
  maxPixels?: number
  /** Files with more bytes than this are refused; default {@link mostFileBytes}. */
  maxBytes?: number
}>

const decodeLimits = { maxPixels: 0x3fff * 0x3fff, timeoutSeconds: 120 } as const

/** Longest side of a thumbnail, in pixels, and how it is encoded. Effort 2 of 6: less time than the default 4. */
const thumbnailFormat = { sizePx: 256, quality: 80, effort: 2 } as const

/** One image, decoded once. */
export type DecodedImage = Readonly<{
  kind: 'image'
  /** SHA-256 of the file, hex. */
  contentHash: string
  sizeBytes: number
  mtimeMs: number
  /** Of the whole picture, in pixels, after EXIF rotation. */
  width: number
  height: number
  format: ImageFormat
  /** `size * size * 3` bytes, RGB, row-major. */
  pixels: Uint8Array
  /** WebP, longest side at most 256 px, never enlarged. */
  thumbnail: Uint8Array
  /** 64-bit difference hash as 16 hex digits; null when the picture is too even. */
  perceptualHash: string | null
  /** What a person may want to know although the image is fine (an extension of another format). */
  note: string | null
}>

export type DecodeResult = DecodedImage | ImageProblem

type Raw = Readonly<{ data: Uint8Array; width: number; height: number }>

/** Content of a file that looks like an image. */
type ImageFile = Readonly<{ kind: 'content'; content: Buffer; format: ImageFormat; sizeBytes: number; mtimeMs: number }>

/**
 * One image file as pixels, thumbnail and hashes, from one read and one decode; or the reason why not. Never throws for what is in the file.
 *
 * Content decides the format. Greys, 16 bits and CMYK become 8-bit sRGB, transparency is laid on white, of an animation the first frame is taken.
 */
export async function decodeImage(path: string, options: DecodeOptions): Promise<DecodeResult> {
  const file = await readImageFile(path, options.maxBytes ?? mostFileBytes)
  if (file.kind === 'problem') return file
  const { content, format, sizeBytes, mtimeMs } = file
  try {
    const { picture, width, height } = await decodeToSmall(content, format, options)
    const [pixels, thumbnail] = await Promise.all([toSquare(picture, options), toThumbnail(picture)])
    return {
      kind: 'image',
      contentHash: hash('sha256', content, 'hex'),
      sizeBytes,
      mtimeMs,
      width,
      height,
      format,
      pixels,
      thumbnail,
      perceptualHash: perceptualHash(picture.data, picture.width, picture.height),
      note: hasLyingExtension(path, format) ? `Its extension is wrong: the content is ${format.toUpperCase()}.` : null,
    }
  } catch (error) {
    return toDecodeProblem(error, isCutShort(content, format))
  }
}

async function readImageFile(path: string, maxBytes: number): Promise<ImageFile | ImageProblem> {
  let format: ImageFormat | undefined
  const file = await readOrdinaryFile(path, maxBytes, (header) => {
    const detected = detectFormat(header)
    if (detected === undefined) return imageProblem('not-an-image', 'Its content is not an image of a known format.')
    if (isRefused(detected)) return refusals[detected]
    format = detected
    return undefined
  })
  return file.kind === 'problem' ? file : { ...file, format: format! }
}

const refusals: Readonly<Record<RefusedFormat, ImageProblem>> = {
  svg: imageProblem('not-a-photograph', 'It is an SVG drawing, not a photograph; export it as PNG to import it.'),
  pdf: imageProblem('not-a-photograph', 'It is a PDF document, not a photograph; export its pages as PNG to import them.'),
  heic: imageProblem('unsupported', 'HEIC is not read here; convert it to JPEG.'),
  'jpeg-xl': imageProblem('unsupported', 'JPEG XL is not read here; convert it to JPEG.'),
  'jpeg-2000': imageProblem('unsupported', 'JPEG 2000 is not read here; convert it to JPEG or PNG.'),
  psd: imageProblem('unsupported', 'A Photoshop document is not read here; export it as PNG.'),
  ico: imageProblem('unsupported', 'An icon file is not read here; convert it to PNG.'),
}

function isRefused(format: ImageFormat | RefusedFormat): format is RefusedFormat {
  return format in refusals
}

class TooManyPixels extends Error {}

/** The one full decode: upright sRGB, reduced (in the JPEG decoder where possible) to what thumbnail and square need, and the true dimensions. */
async function decodeToSmall(
  content: Buffer,
  format: ImageFormat,
  options: DecodeOptions,
): Promise<{ picture: Raw; width: number; height: number }> {
  const maxPixels = options.maxPixels ?? decodeLimits.maxPixels
  const bmp = format === 'bmp' ? readBmp(content, maxPixels) : undefined
  const input = bmp
    ? sharp(bmp.data, { raw: { width: bmp.width, height: bmp.height, channels: 3 } })
    : sharp(content, { failOn: 'error', limitInputPixels: false, sequentialRead: true })
  const metadata = bmp ? undefined : await input.metadata()
  const { width, height } = bmp ?? metadata!.autoOrient
  if (width * height > maxPixels)
    throw new TooManyPixels(`It has ${width} x ${height} pixels; the limit is ${Math.floor(maxPixels / 1e6)} million.`)
  const scale = smallScale(width, height, options.size)
  const { data, info } = await input
    .timeout({ seconds: decodeLimits.timeoutSeconds })
    .autoOrient()
    .resize(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)), { fit: 'fill' })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  return { picture: { data, width: info.width, height: info.height }, width, height }
}

const maxSmallPixels = 1 << 24

/** Scale (at most 1) at which the longer side covers a thumbnail and the shorter one the square, within a memory bound. */
function smallScale(width: number, height: number, size: number): number {
  const wanted = Math.max(thumbnailFormat.sizePx / Math.max(width, height), size / Math.min(width, height))
  return Math.min(1, wanted, Math.sqrt(maxSmallPixels / (width * height)))
}

const sharpFits = { cover: 'cover', contain: 'contain', squash: 'fill' } as const satisfies Record<PixelFit, string>

function toSquare(picture: Raw, { size, fit }: DecodeOptions): Promise<Uint8Array> {
  return fromRaw(picture).resize(size, size, { fit: sharpFits[fit], background: '#ffffff' }).raw().toBuffer()
}

function toThumbnail(picture: Raw): Promise<Uint8Array> {
  const { sizePx, quality, effort } = thumbnailFormat
  return fromRaw(picture).resize(sizePx, sizePx, { fit: 'inside', withoutEnlargement: true }).webp({ quality, effort }).toBuffer()
}

function fromRaw({ data, width, height }: Raw) {
  return sharp(data, { raw: { width, height, channels: 3 } })
}

function toDecodeProblem(error: unknown, isCut: boolean): ImageProblem {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof BmpError) return imageProblem(error.code, message)
  if (error instanceof TooManyPixels) return imageProblem('too-large', message)
  if (/timeout/i.test(message)) return imageProblem('too-slow', `It took longer than ${decodeLimits.timeoutSeconds} seconds to decode.`)
  const detail = message.split('\n')[0]
  if (
    isCut ||
    /premature end|truncat|unexpected end|end of (file|data|stream|image)|not enough|too short|read error|short read|EOF/i.test(message)
  )
    return imageProblem('truncated', `The end of the file is missing (${detail}).`)
  if (/unsupported image format|unsupported (codec|feature)|bad seek|no decod/i.test(message))
    return imageProblem('damaged', `The decoder does not accept it (${detail}).`)
  return imageProblem('damaged', `It is damaged (${detail}).`)
}
