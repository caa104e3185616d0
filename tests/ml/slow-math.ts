/** Rows of `[rows, columns]` values as plain numbers. */
export function toRows(values: ArrayLike<number>, columns: number): number[][] {
  const rows: number[][] = []
  for (let start = 0; start < values.length; start += columns) {
    const row: number[] = []
    for (let column = 0; column < columns; column++) row.push(values[start + column]!)
    rows.push(row)
  }
  return rows
}

/** Softmax of one row, in double precision, by loops. */
export function slowSoftmax(logits: readonly number[]): number[] {
  let highest = Number.NEGATIVE_INFINITY
  for (const logit of logits) highest = Math.max(highest, logit)
  let total = 0
  for (const logit of logits) total += Math.exp(logit - highest)
  return logits.map((logit) => Math.exp(logit - highest) / total)
}

/** -log softmax(logits)[label], in double precision, by loops. */
export function slowCrossEntropy(logits: readonly number[], label: number): number {
  let highest = Number.NEGATIVE_INFINITY
  for (const logit of logits) highest = Math.max(highest, logit)
  let total = 0
  for (const logit of logits) total += Math.exp(logit - highest)
  return highest + Math.log(total) - logits[label]!
}

export function slowMean(values: readonly number[]): number {
  let total = 0
  for (const value of values) total += value
  return total / values.length
}
