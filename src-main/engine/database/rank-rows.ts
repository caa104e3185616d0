/** Id, band (0 reliable, 1 doubtful, 2 rejected) and confidence (null = none) of an image. */
export type RankedRow = readonly [id: number, band: number, confidence: number | null]

/**
 * Orders images by how sure they are; equal ones by id. Sorted here because SQLite takes longer to sort a million rows.
 *
 * @param sort `typical`: by band, those without a confidence first, then surest first; `uncertain`: least sure first, those without a
 * confidence last.
 * @param descending The whole order the other way round.
 */
export function rankRows(
  rows: readonly RankedRow[],
  sort: 'typical' | 'uncertain',
  descending: boolean,
): Readonly<{ ids: Int32Array; bands: Int8Array }> {
  const ids = Int32Array.from(rows, ([id]) => id)
  const bands = Int8Array.from(rows, ([, band]) => band)
  const isTypical = sort === 'typical'
  const ranks = Float64Array.from(rows, ([, , confidence]) => (isTypical ? (confidence === null ? -2 : -confidence) : (confidence ?? 2)))
  const order = Uint32Array.from(ids.keys()).sort(
    (one, other) => (isTypical ? bands[one]! - bands[other]! : 0) || ranks[one]! - ranks[other]! || ids[one]! - ids[other]!,
  )
  if (descending) order.reverse()
  return { ids: Int32Array.from(order, (row) => ids[row]!), bands: Int8Array.from(order, (row) => bands[row]!) }
}
