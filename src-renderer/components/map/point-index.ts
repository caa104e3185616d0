import { type Bounds, boundsOf } from './map-view.ts'

/** Finds the points of a part of the plane without looking at the others. */
export interface PointIndex {
  /** Gives the rows in these bounds, and perhaps some beside them, until `visit` says true. */
  eachNear(bounds: Bounds, visit: (row: number) => boolean): void
}

const pointsInCell = 8

/** Sorts points into the cells of a net. @param positions `[count, 2]` */
export function createPointIndex(positions: Float32Array): PointIndex {
  const count = positions.length / 2
  const all = boundsOf(positions)
  if (!all) return { eachNear: () => undefined }
  const cells = Math.max(1, Math.floor(Math.sqrt(count / pointsInCell)))
  const columnOf = (x: number): number => clamp(((x - all.left) / (all.right - all.left || 1)) * cells, cells - 1)
  const lineOf = (y: number): number => clamp(((y - all.top) / (all.bottom - all.top || 1)) * cells, cells - 1)

  const cellOf = new Int32Array(count)
  const starts = new Int32Array(cells * cells + 1)
  for (let row = 0; row < count; row++) {
    const cell = lineOf(positions[2 * row + 1]) * cells + columnOf(positions[2 * row])
    cellOf[row] = cell
    starts[cell + 1]++
  }
  for (let cell = 0; cell < cells * cells; cell++) starts[cell + 1] += starts[cell]
  const rows = new Int32Array(count)
  const next = starts.slice()
  for (let row = 0; row < count; row++) rows[next[cellOf[row]]++] = row

  return {
    eachNear({ left, right, top, bottom }, visit) {
      const lastColumn = columnOf(right)
      for (let line = lineOf(top); line <= lineOf(bottom); line++) {
        // The cells of a line lie one after the other.
        const end = starts[line * cells + lastColumn + 1]
        for (let place = starts[line * cells + columnOf(left)]; place < end; place++) if (visit(rows[place])) return
      }
    },
  }
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, Math.floor(value)))
}
