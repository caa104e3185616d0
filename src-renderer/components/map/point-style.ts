import type { Bounds } from './map-view.ts'
import type { Rgb } from './readable-colour.ts'

/** How the points look now. */
export type PointStyle = Readonly<{
  sizePx: number
  alpha: number
  selectedAlpha: number
  ringPx: number
  ring: Rgb
  hasSelection: boolean
}>

const leastSizePx = 1.6
const mostSizePx = 12
/** Points smaller than this are wholly in the colour of the selection, not ringed. */
const leastRingedPx = 5
/** Of the cells by which spacing is measured, on each axis. */
const mostCells = 128

/**
 * How far the points are apart where there are any: the side of the square that each has to itself, in units of the plane.
 *
 * @param positions `[count, 2]` within `bounds`.
 */
export function spacingOf(positions: Float32Array, { left, right, top, bottom }: Bounds): number {
  const count = positions.length / 2
  const cells = Math.max(2, Math.min(mostCells, Math.floor(Math.sqrt(count / 2))))
  const width = Math.max(right - left, Number.MIN_VALUE)
  const height = Math.max(bottom - top, Number.MIN_VALUE)
  const filled = new Uint8Array(cells * cells)
  let filledCount = 0
  for (let row = 0; row < count; row++) {
    const column = Math.min(cells - 1, Math.floor(((positions[2 * row] - left) / width) * cells))
    const line = Math.min(cells - 1, Math.floor(((positions[2 * row + 1] - top) / height) * cells))
    const cell = line * cells + column
    if (filled[cell] === 0) filledCount += 1
    filled[cell] = 1
  }
  return Math.sqrt(((filledCount / (cells * cells)) * width * height) / count)
}

/**
 * Points that fill about half the room between them: a haze of small translucent ones far out, round ones near.
 *
 * @param spacingPx Between the points that are drawn.
 * @param ring Colour of the selection.
 */
export function pointStyle(spacingPx: number, ring: Rgb, hasSelection: boolean): PointStyle {
  const sizePx = Math.min(mostSizePx, Math.max(leastSizePx, 0.6 * spacingPx))
  const alpha = Math.min(0.9, Math.max(0.18, 0.55 * spacingPx))
  return {
    sizePx,
    alpha: hasSelection ? 0.4 * alpha : alpha,
    selectedAlpha: Math.min(1, alpha * 1.6),
    ringPx: sizePx < leastRingedPx ? sizePx / 2 : 2,
    ring,
    hasSelection,
  }
}
