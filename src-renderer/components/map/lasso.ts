/** Edges that begin in a band of the plane, so that a point meets only those at its height. */
const bandCount = 512

/**
 * The rows of the points inside a closed line. Where it crosses itself, what it goes around at all is inside (non-zero winding).
 *
 * @param positions `[count, 2]`
 * @param line x and y of each corner in turn; the last is joined to the first.
 * @param shown `[count]` 1 where the point may be meant; all when left out.
 * @returns Rows, ascending.
 * @source Sunday 2001, "Inclusion of a point in a polygon" (winding number), with the edges in bands.
 */
export function rowsInside(positions: Float32Array, line: readonly number[], shown?: Uint8Array): Int32Array {
  const cornerCount = line.length / 2
  if (cornerCount < 3) return new Int32Array()
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity]
  for (let corner = 0; corner < cornerCount; corner++) {
    left = Math.min(left, line[2 * corner])
    right = Math.max(right, line[2 * corner])
    top = Math.min(top, line[2 * corner + 1])
    bottom = Math.max(bottom, line[2 * corner + 1])
  }
  if (!(bottom > top)) return new Int32Array()
  const bandOf = (y: number): number => Math.min(bandCount - 1, Math.floor(((y - top) / (bottom - top)) * bandCount))
  const { starts, edges } = edgesByBand(line, bandOf)

  const count = positions.length / 2
  const found = new Int32Array(count)
  let foundCount = 0
  for (let row = 0; row < count; row++) {
    const x = positions[2 * row]
    const y = positions[2 * row + 1]
    if (!(x >= left && x <= right && y >= top && y <= bottom)) continue
    const band = bandOf(y)
    let winding = 0
    for (let place = starts[band]; place < starts[band + 1]; place++) {
      const from = edges[place]
      const to = from + 2 === line.length ? 0 : from + 2
      const fromY = line[from + 1]
      const toY = line[to + 1]
      if (fromY <= y === toY <= y) continue
      const side = (line[to] - line[from]) * (y - fromY) - (x - line[from]) * (toY - fromY)
      if (toY > fromY ? side > 0 : side < 0) winding += toY > fromY ? 1 : -1
    }
    if (winding !== 0 && shown?.[row] !== 0) found[foundCount++] = row
  }
  return found.slice(0, foundCount)
}

/** For each band, the places in the line where the edges begin that touch it. */
function edgesByBand(line: readonly number[], bandOf: (y: number) => number): { starts: Int32Array; edges: Int32Array } {
  const starts = new Int32Array(bandCount + 1)
  const eachBand = (use: (band: number, from: number) => void): void => {
    for (let from = 0; from < line.length; from += 2) {
      const to = from + 2 === line.length ? 0 : from + 2
      const one = bandOf(line[from + 1])
      const other = bandOf(line[to + 1])
      for (let band = Math.min(one, other); band <= Math.max(one, other); band++) use(band, from)
    }
  }
  eachBand((band) => {
    starts[band + 1]++
  })
  for (let band = 0; band < bandCount; band++) starts[band + 1] += starts[band]
  const edges = new Int32Array(starts[bandCount])
  const next = starts.slice()
  eachBand((band, from) => {
    edges[next[band]++] = from
  })
  return { starts, edges }
}
