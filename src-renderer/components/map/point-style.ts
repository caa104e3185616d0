import type { MapView, ViewSize } from './map-view.ts'
import type { PointStyle } from './point-renderer.ts'
import type { Rgb } from './readable-colour.ts'

/** How much of the room the points are taken to fill when everything is in sight. */
const filledRatio = 0.35
const leastSizePx = 1.6
const mostSizePx = 12
/** Points smaller than this are wholly in the colour of the selection, not ringed. */
const leastRingedPx = 5

/**
 * Points that fill about half the room between them: a haze of small translucent ones far out, round ones near.
 *
 * @param count Points that are drawn: with fewer each counts for more.
 * @param whole The scale at which everything fits.
 */
export function pointStyle(count: number, view: MapView, size: ViewSize, whole: number, ring: Rgb, hasSelection: boolean): PointStyle {
  const spacingPx = Math.sqrt((filledRatio * size.widthPx * size.heightPx) / Math.max(1, count)) * (view.scale / whole)
  const sizePx = Math.min(mostSizePx, Math.max(leastSizePx, 0.55 * spacingPx))
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
