/** Below this range (in grey levels, 0-255) of the reduced image its differences are noise, and there is no hash. */
const minimumContrast = 4
const columns = 9
const rows = 8

/**
 * Difference hash: one bit for each of 8 x 8 neighbouring pairs of the image reduced to 9 x 8 grey means, set where the left is brighter.
 *
 * @param pixels `width * height * 3` bytes, RGB, row-major
 * @returns 64 bits as 16 hex digits; null for an image that is too even to be told from others
 * @source N. Krawetz, "Kind of Like That", 2013 (dHash)
 */
export function perceptualHash(pixels: Uint8Array, width: number, height: number): string | null {
  const grey = reduceToGrey(pixels, width, height)
  if (Math.max(...grey) - Math.min(...grey) < minimumContrast) return null
  let hash = 0n
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns - 1; column++) {
      const at = row * columns + column
      hash = (hash << 1n) | (grey[at]! > grey[at + 1]! ? 1n : 0n)
    }
  return hash.toString(16).padStart(16, '0')
}

/** Number of differing bits of two hashes, 0-64. */
export function hammingDistance(a: string, b: string): number {
  return (
    countBits(Number.parseInt(a.slice(0, 8), 16) ^ Number.parseInt(b.slice(0, 8), 16)) +
    countBits(Number.parseInt(a.slice(8), 16) ^ Number.parseInt(b.slice(8), 16))
  )
}

/** Number of set bits of a 32-bit integer. */
export function countBits(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** Mean luma (Rec. 601) of each of 9 x 8 boxes; where the image is smaller than the grid, boxes share pixels. */
function reduceToGrey(pixels: Uint8Array, width: number, height: number): Float64Array {
  const grey = new Float64Array(columns * rows)
  for (let row = 0; row < rows; row++) {
    const top = Math.floor((row * height) / rows)
    const bottom = Math.max(top + 1, Math.floor(((row + 1) * height) / rows))
    for (let column = 0; column < columns; column++) {
      const left = Math.floor((column * width) / columns)
      const right = Math.max(left + 1, Math.floor(((column + 1) * width) / columns))
      let sum = 0
      for (let y = top; y < bottom; y++)
        for (let at = (y * width + left) * 3, end = (y * width + right) * 3; at < end; at += 3)
          sum += 299 * pixels[at]! + 587 * pixels[at + 1]! + 114 * pixels[at + 2]!
      grey[row * columns + column] = sum / 1000 / ((bottom - top) * (right - left))
    }
  }
  return grey
}
