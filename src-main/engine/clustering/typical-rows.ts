/**
 * The most typical members of each cluster, most typical first: reliable ones before the others, then by confidence, then in listed order.
 *
 * @param clusterIds `[images]` id of the cluster.
 * @param confidences `[images]` 0-1.
 * @param reliable `[images]` 1 = reliable.
 * @returns For each cluster id at most `count` rows.
 */
export function typicalRows(
  clusterIds: ArrayLike<number>,
  confidences: ArrayLike<number>,
  reliable: ArrayLike<number>,
  count: number,
): Map<number, number[]> {
  const best = new Map<number, number[]>()
  // A score of its own for each pair, since confidence stays below 1 plus the step.
  const scoreOf = (row: number): number => confidences[row]! + 2 * reliable[row]!
  for (let row = 0; row < clusterIds.length; row++) {
    const rows = best.get(clusterIds[row]!) ?? []
    if (rows.length === 0) best.set(clusterIds[row]!, rows)
    const score = scoreOf(row)
    if (rows.length === count && score <= scoreOf(rows.at(-1)!)) continue
    const place = rows.findIndex((other) => scoreOf(other) < score)
    rows.splice(place < 0 ? rows.length : place, 0, row)
    if (rows.length > count) rows.pop()
  }
  return best
}
