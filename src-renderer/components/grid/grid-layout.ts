/** Height of the line that names a band, in px. */
export const bandHeaderPx = 32
/** Browsers stop at about 16.7 million px at a device pixel ratio of 2. */
const tallestPx = 8_000_000

type Section = Readonly<{ start: number; count: number; topPx: number; heightPx: number; headerPx: number }>

/** Where every cell of a grid of equal square cells is, in px from the top of the whole, however tall; bands begin a row of their own. */
export interface GridLayout {
  readonly columns: number
  readonly cellPx: number
  readonly sections: readonly Section[]
  readonly heightPx: number
  /** Height of the element that scrolls; at most what browsers can do. */
  readonly scrollHeightPx: number
  cellAt(index: number): { leftPx: number; topPx: number }
  /** First and last index (exclusive) whose rows touch a span. */
  indicesBetween(topPx: number, bottomPx: number): { from: number; to: number }
  /** The indices in a rectangle. */
  indicesIn(rectangle: { leftPx: number; rightPx: number; topPx: number; bottomPx: number }): number[]
}

/** @param counts Images of each band, in order; one entry without header for a grid without bands. */
export function createGridLayout(counts: readonly number[], hasHeaders: boolean, widthPx: number, tilePx: number): GridLayout {
  const columns = Math.max(1, Math.floor(widthPx / tilePx))
  const cellPx = widthPx / columns
  const headerPx = hasHeaders ? bandHeaderPx : 0
  let topPx = 0
  let start = 0
  const sections = counts.map((count) => {
    const heightPx = headerPx + Math.ceil(count / columns) * cellPx
    const section = { start, count, topPx, heightPx, headerPx }
    topPx += heightPx
    start += count
    return section
  })
  const heightPx = topPx

  const sectionOf = (index: number): Section | undefined => sections.findLast((section) => section.start <= index && section.count > 0)
  const rowsOf = ({ topPx: top, headerPx: header, count }: Section, fromPx: number, toPx: number): [number, number] => [
    Math.max(0, Math.floor((fromPx - top - header) / cellPx)),
    Math.min(Math.ceil(count / columns), Math.floor((toPx - top - header) / cellPx) + 1),
  ]

  return {
    columns,
    cellPx,
    sections,
    heightPx,
    scrollHeightPx: Math.min(heightPx, tallestPx),
    cellAt(index) {
      const section = sectionOf(index)
      if (!section) return { leftPx: 0, topPx: 0 }
      const place = index - section.start
      return { leftPx: (place % columns) * cellPx, topPx: section.topPx + section.headerPx + Math.floor(place / columns) * cellPx }
    },
    indicesBetween(fromPx, toPx) {
      let from = Number.POSITIVE_INFINITY
      let to = 0
      for (const section of sections) {
        if (section.topPx > toPx || section.topPx + section.heightPx < fromPx) continue
        const [firstRow, lastRow] = rowsOf(section, fromPx, toPx)
        if (lastRow <= firstRow) continue
        from = Math.min(from, section.start + firstRow * columns)
        to = Math.max(to, section.start + Math.min(section.count, lastRow * columns))
      }
      return { from: Math.min(from, to), to }
    },
    indicesIn({ leftPx, rightPx, topPx: fromPx, bottomPx: toPx }) {
      const firstColumn = Math.max(0, Math.floor(leftPx / cellPx))
      const lastColumn = Math.min(columns - 1, Math.floor(rightPx / cellPx))
      const found: number[] = []
      for (const section of sections) {
        const [firstRow, lastRow] = rowsOf(section, fromPx, toPx)
        for (let row = firstRow; row < lastRow; row++) {
          for (let column = firstColumn; column <= lastColumn; column++) {
            const place = row * columns + column
            if (place < section.count) found.push(section.start + place)
          }
        }
      }
      return found
    },
  }
}
