/** Which part of the plane is seen: the point in the middle, and px for one unit of the plane. */
export type MapView = Readonly<{ x: number; y: number; scale: number }>
export type ViewSize = Readonly<{ widthPx: number; heightPx: number }>
export type Bounds = Readonly<{ left: number; right: number; top: number; bottom: number }>

/**
 * The rectangle around some points.
 *
 * @param positions `[count, 2]`
 * @param included `[count]` 1 where a point counts; all when left out. Undefined when there are none.
 */
export function boundsOf(positions: Float32Array, included?: Uint8Array): Bounds | undefined {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity]
  for (let row = 0; row < positions.length / 2; row++) {
    if (included?.[row] === 0) continue
    const x = positions[2 * row]
    const y = positions[2 * row + 1]
    if (x < left) left = x
    if (x > right) right = x
    if (y < top) top = y
    if (y > bottom) bottom = y
  }
  return left > right ? undefined : { left, right, top, bottom }
}

/** The view that shows these bounds in the middle, as large as fits with a margin; of a single point, at scale 1. */
export function fitView({ left, right, top, bottom }: Bounds, { widthPx, heightPx }: ViewSize, marginPx: number): MapView {
  const room = (sizePx: number): number => Math.max(1, sizePx - 2 * marginPx, sizePx / 2)
  const scale = Math.min(room(widthPx) / (right - left), room(heightPx) / (bottom - top))
  return { x: (left + right) / 2, y: (top + bottom) / 2, scale: Number.isFinite(scale) ? scale : 1 }
}

export function toScreen({ x, y, scale }: MapView, { widthPx, heightPx }: ViewSize, planeX: number, planeY: number): [number, number] {
  return [widthPx / 2 + (planeX - x) * scale, heightPx / 2 + (planeY - y) * scale]
}

export function toPlane({ x, y, scale }: MapView, { widthPx, heightPx }: ViewSize, screenX: number, screenY: number): [number, number] {
  return [x + (screenX - widthPx / 2) / scale, y + (screenY - heightPx / 2) / scale]
}

/** The part of the plane that is seen, widened by a margin. */
export function seenBounds(view: MapView, size: ViewSize, marginPx = 0): Bounds {
  const [left, top] = toPlane(view, size, -marginPx, -marginPx)
  const [right, bottom] = toPlane(view, size, size.widthPx + marginPx, size.heightPx + marginPx)
  return { left, right, top, bottom }
}

/** Moves what is seen with the pointer. */
export function panBy({ x, y, scale }: MapView, deltaX: number, deltaY: number): MapView {
  return { x: x - deltaX / scale, y: y - deltaY / scale, scale }
}

/** Zooms so that what is under a point of the screen stays there; no further out or in than these scales. */
export function zoomAt(
  view: MapView,
  size: ViewSize,
  factor: number,
  [screenX, screenY]: readonly [number, number],
  [least, most]: readonly [number, number],
): MapView {
  const scale = Math.min(most, Math.max(least, view.scale * factor))
  const [planeX, planeY] = toPlane(view, size, screenX, screenY)
  return { x: planeX - (screenX - size.widthPx / 2) / scale, y: planeY - (screenY - size.heightPx / 2) / scale, scale }
}
