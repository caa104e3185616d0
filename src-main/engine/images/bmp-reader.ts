/** Decoded pixels: `width * height * 3` bytes, RGB, row-major, top row first. */
export type BmpPixels = Readonly<{ width: number; height: number; data: Uint8Array }>

/** Why a BMP could not be read; the caller turns it into an image problem. */
export class BmpError extends Error {
  readonly code: 'truncated' | 'damaged' | 'unsupported' | 'too-large'

  constructor(code: BmpError['code'], message: string) {
    super(message)
    this.code = code
  }
}

type BmpHeader = Readonly<{
  width: number
  height: number
  isTopDown: boolean
  bitCount: number
  pixelOffset: number
  /** Colours of the palette, 3 bytes each, RGB. */
  palette: Uint8Array
  /** Bit masks of red, green, blue and alpha (0 when there is none), for 16 and 32 bits. */
  masks: readonly [number, number, number, number]
}>

/**
 * The pixels of an uncompressed BMP: 1, 4, 8, 16, 24 and 32 bits, bit fields, either row order; alpha is laid on white.
 *
 * @throws BmpError also for run-length and embedded JPEG or PNG data, which are not read.
 * @source Microsoft, "Bitmap Header Types" (BITMAPCOREHEADER to BITMAPV5HEADER)
 */
export function readBmp(file: Buffer, maxPixels: number): BmpPixels {
  const header = readHeader(file)
  const { width, height, isTopDown, bitCount, pixelOffset } = header
  if (width * height > maxPixels) throw new BmpError('too-large', `It has ${width} x ${height} pixels.`)
  const strideBytes = Math.ceil((width * bitCount) / 32) * 4
  if (pixelOffset + strideBytes * (height - 1) + Math.ceil((width * bitCount) / 8) > file.length)
    throw new BmpError('truncated', 'The end of the file is missing.')
  const data = new Uint8Array(width * height * 3)
  const readRow = bitCount <= 8 ? readIndexedRow : bitCount === 24 ? readTrueColourRow : readMaskedRow
  for (let row = 0; row < height; row++) {
    const fileRow = isTopDown ? row : height - 1 - row
    readRow(file, pixelOffset + fileRow * strideBytes, header, data, row * width * 3)
  }
  return { width, height, data }
}

function readHeader(file: Buffer): BmpHeader {
  if (file.length < 26) throw new BmpError('truncated', 'The end of the file is missing.')
  const headerBytes = file.readUInt32LE(14)
  const isCore = headerBytes === 12
  if (file.length < 14 + headerBytes) throw new BmpError('truncated', 'The end of the file is missing.')
  const width = isCore ? file.readUInt16LE(18) : file.readInt32LE(18)
  const signedHeight = isCore ? file.readUInt16LE(20) : file.readInt32LE(22)
  const height = Math.abs(signedHeight)
  const bitCount = file.readUInt16LE(isCore ? 24 : 28)
  const compression = isCore ? 0 : file.readUInt32LE(30)
  if (width <= 0 || height === 0) throw new BmpError('damaged', 'Its header says it has no pixels.')
  if (![1, 4, 8, 16, 24, 32].includes(bitCount)) throw new BmpError('unsupported', `A BMP with ${bitCount} bits a pixel is not read here.`)
  const hasBitFields = compression === 3 || compression === 6
  if (compression !== 0 && !(hasBitFields && bitCount >= 16))
    throw new BmpError('unsupported', 'A compressed BMP is not read here; save it as PNG.')
  const masksBytes = hasBitFields && headerBytes === 40 ? (compression === 6 ? 16 : 12) : 0
  if (file.length < 14 + headerBytes + masksBytes) throw new BmpError('truncated', 'The end of the file is missing.')
  const masks = hasBitFields ? readMasks(file, headerBytes, compression) : bitCount === 16 ? rgb555 : rgb888
  const paletteStart = 14 + headerBytes + masksBytes
  const palette = bitCount <= 8 ? readPalette(file, paletteStart, isCore, bitCount) : new Uint8Array(0)
  return { width, height, isTopDown: signedHeight < 0, bitCount, pixelOffset: file.readUInt32LE(10), palette, masks }
}

const rgb555 = [0x7c00, 0x03e0, 0x001f, 0] as const
const rgb888 = [0xff0000, 0x00ff00, 0x0000ff, 0] as const

function readMasks(file: Buffer, headerBytes: number, compression: number): BmpHeader['masks'] {
  const hasAlpha = headerBytes >= 56 || compression === 6
  return [file.readUInt32LE(54), file.readUInt32LE(58), file.readUInt32LE(62), hasAlpha ? file.readUInt32LE(66) : 0]
}

function readPalette(file: Buffer, start: number, isCore: boolean, bitCount: number): Uint8Array {
  const used = isCore ? 0 : file.readUInt32LE(46)
  const colourCount = used === 0 || used > 2 ** bitCount ? 2 ** bitCount : used
  const entryBytes = isCore ? 3 : 4
  // Indices beyond the palette stay black.
  const palette = new Uint8Array(3 * 256)
  for (let colour = 0; colour < colourCount; colour++) {
    const at = start + colour * entryBytes
    if (at + 3 > file.length) throw new BmpError('truncated', 'The end of the file is missing.')
    palette.set([file[at + 2]!, file[at + 1]!, file[at]!], colour * 3)
  }
  return palette
}

function readIndexedRow(file: Buffer, from: number, { width, bitCount, palette }: BmpHeader, out: Uint8Array, to: number): void {
  const perByte = 8 / bitCount
  const mask = 2 ** bitCount - 1
  for (let x = 0; x < width; x++) {
    const byte = file[from + Math.floor(x / perByte)]!
    const index = (byte >> (8 - bitCount * ((x % perByte) + 1))) & mask
    for (let channel = 0; channel < 3; channel++) out[to + x * 3 + channel] = palette[index * 3 + channel]!
  }
}

function readTrueColourRow(file: Buffer, from: number, { width }: BmpHeader, out: Uint8Array, to: number): void {
  for (let x = 0; x < width * 3; x += 3) {
    out[to + x] = file[from + x + 2]!
    out[to + x + 1] = file[from + x + 1]!
    out[to + x + 2] = file[from + x]!
  }
}

function readMaskedRow(file: Buffer, from: number, { width, bitCount, masks }: BmpHeader, out: Uint8Array, to: number): void {
  const [alphaOf, ...coloursOf] = [masks[3], masks[0], masks[1], masks[2]].map(channelReader)
  for (let x = 0; x < width; x++) {
    const value = bitCount === 16 ? file.readUInt16LE(from + x * 2) : file.readUInt32LE(from + x * 4)
    const alpha = masks[3] === 0 ? 1 : alphaOf!(value) / 255
    for (let channel = 0; channel < 3; channel++)
      out[to + x * 3 + channel] = Math.round(coloursOf[channel]!(value) * alpha + 255 * (1 - alpha))
  }
}

/** Reads the bits of `mask` as 0-255. */
function channelReader(mask: number): (value: number) => number {
  const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)
  const max = mask >>> shift
  return (value) => (max === 0 ? 0 : (((value & mask) >>> shift) * 255) / max)
}
