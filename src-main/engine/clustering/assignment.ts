import { munkres } from 'munkres'

/**
 * The one-to-one assignment of rows to columns with the greatest sum of scores (Hungarian method), for any shape.
 *
 * @param scores `[rows, columns]`, row-major, finite.
 * @returns `[rows]` column of each row, or -1 for rows left over where there are fewer columns.
 */
export function assignRows(scores: ArrayLike<number>, rowCount: number, columnCount: number): Int32Array {
  const columns = new Int32Array(rowCount).fill(-1)
  if (rowCount === 0 || columnCount === 0) return columns
  const costs = Array.from({ length: rowCount }, (_, row) =>
    Float64Array.from({ length: columnCount }, (_, column) => -scores[row * columnCount + column]),
  )
  for (const [row, column] of munkres(costs)) columns[row] = column
  return columns
}
