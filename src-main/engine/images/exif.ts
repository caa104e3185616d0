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
/** Bytes of a value by its type: byte, text, short, long, rational, directory; the others are not read. */
const sizes: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 13: 4 }
const mostEntries = 1000
const longestText = 1000

/** Bytes that are read where they are needed: a TIFF may hold gigabytes of pixels between its tags. */
export type ByteSource = Readonly<{ sizeBytes: number; read(at: number, length: number): Promise<DataView> }>

type Values = ReadonlyMap<number, string | number>

/**
 * What a camera wrote into the EXIF block of a picture, with or without `Exif\0\0` before its TIFF header, or into a TIFF itself. What is
 * out of bounds or of an unexpected type is left out; nothing in it makes this throw.
 *
 * @source CIPA DC-008 (Exif 2.32), 4.5 and 4.6; TIFF 6.0, section 2
 */
export async function parseExif(given: Uint8Array | ByteSource): Promise<ExifFacts> {
  const source = given instanceof Uint8Array ? blockSource(given) : given
  const header = source.sizeBytes < 8 ? undefined : await source.read(0, 8)
  const order = header?.getUint16(0) ?? 0
  const isLittle = order === 0x4949
  const isTiff = (isLittle || order === 0x4d4d) && header?.getUint16(2, isLittle) === 42
  const main: Values = header && isTiff ? await readDirectory(source, header.getUint32(4, isLittle), isLittle, tags) : new Map()
  const pointer = main.get(tags.exif)
  const exif: Values = typeof pointer === 'number' ? await readDirectory(source, pointer, isLittle, exifTags) : new Map()
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

function blockSource(block: Uint8Array): ByteSource {
  const start = String.fromCharCode(...block.subarray(0, 6)) === 'Exif\0\0' ? 6 : 0
  const read = async (at: number, length: number): Promise<DataView> => new DataView(block.buffer, block.byteOffset + start + at, length)
  return { sizeBytes: block.byteLength - start, read }
}

/** The first value of each entry of a directory whose tag is wanted, by its tag. */
async function readDirectory(
  source: ByteSource,
  offset: number,
  isLittle: boolean,
  wanted: Readonly<Record<string, number>>,
): Promise<Values> {
  const values = new Map<number, string | number>()
  const left = source.sizeBytes - offset - 2
  if (left < 0) return values
  const counted = (await source.read(offset, 2)).getUint16(0, isLittle)
  const count = Math.min(mostEntries, counted, Math.floor(left / 12))
  const entries = await source.read(offset + 2, 12 * count)
  for (let entry = 0; entry < 12 * count; entry += 12) {
    const tag = entries.getUint16(entry, isLittle)
    if (!Object.values(wanted).includes(tag)) continue
    const type = entries.getUint16(entry + 2, isLittle)
    const size = sizes[type] ?? 0
    const whole = entries.getUint32(entry + 4, isLittle) * size
    const at = whole <= 4 ? offset + 2 + entry + 8 : entries.getUint32(entry + 8, isLittle)
    if (whole === 0 || at + whole > source.sizeBytes) continue
    values.set(tag, readValue(await source.read(at, type === 2 ? Math.min(whole, longestText) : size), type, isLittle))
  }
  return values
}

function readValue(view: DataView, type: number, isLittle: boolean): string | number {
  switch (type) {
    case 1:
      return view.getUint8(0)
    case 3:
      return view.getUint16(0, isLittle)
    case 4:
    case 13:
      return view.getUint32(0, isLittle)
    case 5:
      return view.getUint32(0, isLittle) / view.getUint32(4, isLittle)
    default:
      return new TextDecoder().decode(view).replace(/\0.*$/s, '')
  }
}
