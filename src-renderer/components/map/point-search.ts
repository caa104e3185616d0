import { type MapView, seenBounds, type ViewSize } from './map-view.ts'
import type { PointIndex } from './point-index.ts'

type Points = Readonly<{
  /** `[count, 2]` */
  positions: Float32Array
  /** `[count]` 1 where the point is shown. */
  shown: Uint8Array
  index: PointIndex
}>

/** The shown point nearest to a place in the plane, no further than `within`; undefined when there is none. */
export function nearestRow({ positions, shown, index }: Points, x: number, y: number, within: number): number | undefined {
  let nearest: number | undefined
  let least = within * within
  index.eachNear({ left: x - within, right: x + within, top: y - within, bottom: y + within }, (row) => {
    const deltaX = positions[2 * row] - x
    const deltaY = positions[2 * row + 1] - y
    const distance = deltaX * deltaX + deltaY * deltaY
    if (distance <= least && shown[row] === 1) {
      least = distance
      nearest = row
    }
    return false
  })
  return nearest
}

/** The shown point that a step in a direction (a unit vector) leads to: near, and not far to the side. */
export function nextRow(
  { positions, shown }: Omit<Points, 'index'>,
  from: number,
  directionX: number,
  directionY: number,
): number | undefined {
  let best: number | undefined
  let least = Infinity
  for (let row = 0; row < positions.length / 2; row++) {
    const deltaX = positions[2 * row] - positions[2 * from]
    const deltaY = positions[2 * row + 1] - positions[2 * from + 1]
    const along = deltaX * directionX + deltaY * directionY
    const aside = Math.abs(deltaX * directionY - deltaY * directionX)
    if (along <= 0 || aside > along) continue
    const cost = along + 2 * aside
    if (cost < least && shown[row] === 1) {
      least = cost
      best = row
    }
  }
  return best
}

/** Pictures nearer than this share of their side are not both shown. */
const leastApartRatio = 0.85

/** Which points show their pictures: at most one in each cell of a net that lies still on the plane, and none much over another. */
export type Representatives = Readonly<{
  rows: readonly number[]
  /** More points than asked for are in sight; then there are no rows. */
  isCrowded: boolean
}>

/**
 * @param cellPx Side of the cells on the screen, at least; up to twice that, since the net only changes when the scale doubles.
 * @param sidePx Side of the pictures.
 * @param most Points in sight, or near it, among which pictures are of use.
 */
export function chooseRepresentatives(
  { positions, shown, index }: Points,
  view: MapView,
  size: ViewSize,
  cellPx: number,
  sidePx: number,
  most: number,
): Representatives {
  const netScale = 2 ** Math.floor(Math.log2(view.scale))
  const side = cellPx / netScale
  const bounds = seenBounds(view, size, cellPx)
  const { left, right, top, bottom } = bounds
  const firstColumn = Math.floor(left / side)
  const firstLine = Math.floor(top / side)
  const columns = Math.floor(right / side) - firstColumn + 1
  const lines = Math.floor(bottom / side) - firstLine + 1
  const chosen = new Int32Array(columns * lines).fill(-1)
  const distances = new Float64Array(columns * lines)
  let seen = 0
  index.eachNear(bounds, (row) => {
    const x = positions[2 * row]
    const y = positions[2 * row + 1]
    if (!(x >= left && x <= right && y >= top && y <= bottom) || shown[row] !== 1) return false
    seen += 1
    const column = Math.floor(x / side)
    const line = Math.floor(y / side)
    const cell = (line - firstLine) * columns + column - firstColumn
    const distance = (x - (column + 0.5) * side) ** 2 + (y - (line + 0.5) * side) ** 2
    if (chosen[cell] < 0 || distances[cell] > distance) {
      chosen[cell] = row
      distances[cell] = distance
    }
    return seen > most
  })
  if (seen > most) return { rows: [], isCrowded: true }
  const candidates = [...chosen].filter((row) => row >= 0)
  return { rows: keepApart(positions, candidates, (leastApartRatio * sidePx) / netScale), isCrowded: false }
}

/** Leaves out rows that are too near to one that is kept. The order is arbitrary but always the same, so that most stay when others come. */
function keepApart(positions: Float32Array, rows: readonly number[], apart: number): number[] {
  const rankOf = (row: number): number => Math.imul(row + 1, 0x9e3779b1) >>> 0
  const kept: number[] = []
  for (const row of rows.toSorted((one, other) => rankOf(one) - rankOf(other))) {
    const isNear = (other: number): boolean =>
      Math.abs(positions[2 * row] - positions[2 * other]) < apart && Math.abs(positions[2 * row + 1] - positions[2 * other + 1]) < apart
    if (!kept.some(isNear)) kept.push(row)
  }
  return kept
}
