/** A tag with one value: text, a short, a fraction, or a directory of more tags. */
export type TiffTag = Readonly<
  { tag: number } & (
    | { text: string }
    | { short: number }
    | { long: number }
    | { rational: readonly [number, number] }
    | { directory: readonly TiffTag[] }
  )
>

export type TiffOptions = Readonly<{
  widthPx: number
  heightPx: number
  /** `II` little endian, `MM` big endian. */
  order: 'II' | 'MM'
  /** Whether the directories lie before the pixels. */
  tagsFirst: boolean
  tags: readonly TiffTag[]
}>

/**
 * An uncompressed RGB TIFF in one strip, of one colour, with these tags beside those that describe its pixels.
 *
 * @source TIFF 6.0, sections 2 and 6
 */
export function tiffOf({ widthPx, heightPx, order, tagsFirst, tags }: TiffOptions): Uint8Array {
  const isLittle = order === 'II'
  const pixelBytes = widthPx * heightPx * 3
  const describing = (stripAt: number): TiffTag[] => [
    { tag: 0x0100, long: widthPx },
    { tag: 0x0101, long: heightPx },
    { tag: 0x0102, short: 8 },
    { tag: 0x0103, short: 1 },
    { tag: 0x0106, short: 2 },
    { tag: 0x0111, long: stripAt },
    { tag: 0x0115, short: 3 },
    { tag: 0x0116, long: heightPx },
    { tag: 0x0117, long: pixelBytes },
  ]
  const tagBytes = directoryBytes([...describing(0), ...tags], 0, isLittle).length
  const [tagsAt, stripAt] = tagsFirst ? [8, 8 + tagBytes] : [8 + pixelBytes, 8]
  const file = new Uint8Array(8 + tagBytes + pixelBytes).fill(120)
  const view = new DataView(file.buffer)
  file.set([...order].map((letter) => letter.charCodeAt(0)))
  view.setUint16(2, 42, isLittle)
  view.setUint32(4, tagsAt, isLittle)
  file.set(directoryBytes([...describing(stripAt), ...tags], tagsAt, isLittle), tagsAt)
  return file
}

/** A directory that shall lie at this place of the file, its values behind it. */
function directoryBytes(tags: readonly TiffTag[], at: number, isLittle: boolean): Uint8Array {
  const sorted = tags.toSorted((one, other) => one.tag - other.tag)
  const head = new DataView(new ArrayBuffer(2 + 12 * sorted.length + 4))
  const values: number[] = []
  head.setUint16(0, sorted.length, isLittle)
  for (const [index, value] of sorted.entries()) {
    const entry = 2 + 12 * index
    const put = (type: number, count: number): void => {
      head.setUint16(entry, value.tag, isLittle)
      head.setUint16(entry + 2, type, isLittle)
      head.setUint32(entry + 4, count, isLittle)
    }
    const behind = (bytes: Iterable<number>): void => {
      head.setUint32(entry + 8, at + head.byteLength + values.length, isLittle)
      values.push(...bytes)
      if (values.length % 2) values.push(0)
    }
    if ('short' in value) {
      put(3, 1)
      head.setUint16(entry + 8, value.short, isLittle)
    } else if ('long' in value) {
      put(4, 1)
      head.setUint32(entry + 8, value.long, isLittle)
    } else if ('directory' in value) {
      put(4, 1)
      behind(directoryBytes(value.directory, at + head.byteLength + values.length, isLittle))
    } else if ('rational' in value) {
      const fraction = new DataView(new ArrayBuffer(8))
      value.rational.forEach((part, place) => void fraction.setUint32(4 * place, part, isLittle))
      put(5, 1)
      behind(new Uint8Array(fraction.buffer))
    } else {
      const bytes = new TextEncoder().encode(`${value.text}\0`)
      put(2, bytes.length)
      if (bytes.length <= 4) new Uint8Array(head.buffer).set(bytes, entry + 8)
      else behind(bytes)
    }
  }
  const whole = new Uint8Array(head.byteLength + values.length)
  whole.set(new Uint8Array(head.buffer))
  whole.set(values, head.byteLength)
  return whole
}
