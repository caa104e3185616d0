import type { ImageId } from '#shared/entities.ts'

/**
 * Packs image ids, in their order, into bytes: runs of consecutive ids, each as (zigzag step from the previous run's end, length - 1),
 * little-endian base-128 varints. 100,000 ids of one folder take a few bytes, scattered ones about two bytes each.
 *
 * @param ids below 2^52
 */
export function packImageIds(ids: readonly ImageId[]): Uint8Array {
  let bytes = new Uint8Array(64)
  let size = 0
  const put = (value: number) => {
    if (size + 10 > bytes.length) {
      const larger = new Uint8Array(bytes.length * 2)
      larger.set(bytes)
      bytes = larger
    }
    let rest = value
    while (rest >= 128) {
      bytes[size++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    bytes[size++] = rest
  }
  let previous = 0
  for (let index = 0; index < ids.length; ) {
    const first = ids[index]
    let last = first
    for (index++; index < ids.length && ids[index] === last + 1; index++) last++
    const step = first - previous
    put(step >= 0 ? step * 2 : -step * 2 - 1)
    put(last - first)
    previous = last
  }
  return bytes.slice(0, size)
}

/** The inverse of {@link packImageIds}. */
export function unpackImageIds(bytes: Uint8Array): ImageId[] {
  const ids: number[] = []
  let offset = 0
  const take = () => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[offset++]
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  let previous = 0
  while (offset < bytes.length) {
    const zigzag = take()
    const first = previous + (zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2)
    const last = first + take()
    for (let id = first; id <= last; id++) ids.push(id)
    previous = last
  }
  return ids as ImageId[]
}
