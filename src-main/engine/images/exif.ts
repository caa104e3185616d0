/** What a camera wrote into a photograph; each is null where it is not told. */
export type ExifFacts = Readonly<{
  camera: string | null
  lens: string | null
  /** Local time of the camera, as `2026-11-25 08:49:00`. */
  takenAt: string | null
  exposureSeconds: number | null
  /** The f-number. */
  aperture: number | null
  iso: number | null
  focalLengthMm: number | null
}>

const tags = { make: 0x010f, model: 0x0110, exif: 0x8769 } as const
const exifTags = { exposure: 0x829a, aperture: 0x829d, iso: 0x8827, takenAt: 0x9003, focalLength: 0x920a, lens: 0xa434 } as const
/** Bytes of a value by its type: byte, text, short, long, rational; the others are not read. */
const sizes: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8 }
const mostEntries = 1000

type Values = ReadonlyMap<number, string | number>

/**
 * Reads the EXIF block of a picture. What is out of bounds or of an unexpected type is left out; nothing in it makes this throw.
 *
 * @param block With or without `Exif\0\0` before its TIFF header.
 * @source CIPA DC-008 (Exif 2.32), 4.5 and 4.6
 */
export function parseExif(block: Uint8Array): ExifFacts {
  const start = String.fromCharCode(...block.subarray(0, 6)) === 'Exif\0\0' ? 6 : 0
  const view = new DataView(block.buffer, block.byteOffset + start, block.byteLength - start)
  const order = view.byteLength < 8 ? 0 : view.getUint16(0)
  const isKnown = order === 0x4949 || order === 0x4d4d
  const isLittle = order === 0x4949
  const main: Values = isKnown ? readDirectory(view, view.getUint32(4, isLittle), isLittle) : new Map()
  const pointer = main.get(tags.exif)
  const exif: Values = typeof pointer === 'number' ? readDirectory(view, pointer, isLittle) : new Map()
  const text = (values: Values, tag: number): string => String(values.get(tag) ?? '').trim()
  const positive = (tag: number): number | null => {
    const value = exif.get(tag)
    return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null
  }
  const [make, model] = [text(main, tags.make), text(main, tags.model)]
  const taken = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(text(exif, exifTags.takenAt))
  return {
    // Many cameras repeat their maker in the model.
    camera: (model.toLowerCase().startsWith(make.toLowerCase()) ? model : `${make} ${model}`).trim() || null,
    lens: text(exif, exifTags.lens) || null,
    takenAt: taken ? `${taken[1]}-${taken[2]}-${taken[3]} ${taken[4]}` : null,
    exposureSeconds: positive(exifTags.exposure),
    aperture: positive(exifTags.aperture),
    iso: positive(exifTags.iso),
    focalLengthMm: positive(exifTags.focalLength),
  }
}

/** The first value of each entry of a directory, by its tag. */
function readDirectory(view: DataView, offset: number, isLittle: boolean): Values {
  const values = new Map<number, string | number>()
  if (offset + 2 > view.byteLength) return values
  const count = Math.min(mostEntries, view.getUint16(offset, isLittle))
  for (let entry = offset + 2; entry + 12 <= Math.min(view.byteLength, offset + 2 + 12 * count); entry += 12) {
    const type = view.getUint16(entry + 2, isLittle)
    const length = view.getUint32(entry + 4, isLittle) * (sizes[type] ?? 0)
    const at = length <= 4 ? entry + 8 : view.getUint32(entry + 8, isLittle)
    if (length === 0 || at + length > view.byteLength) continue
    values.set(view.getUint16(entry, isLittle), readValue(view, at, type, length, isLittle))
  }
  return values
}

function readValue(view: DataView, at: number, type: number, length: number, isLittle: boolean): string | number {
  switch (type) {
    case 1:
      return view.getUint8(at)
    case 3:
      return view.getUint16(at, isLittle)
    case 4:
      return view.getUint32(at, isLittle)
    case 5:
      return view.getUint32(at, isLittle) / view.getUint32(at + 4, isLittle)
    default:
      return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, length)).replace(/\0.*$/s, '')
  }
}
