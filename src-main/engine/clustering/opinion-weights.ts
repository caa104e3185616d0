/** Opinions about the same images: logarithms of shares, `[images, classCount]` each, row-major. */
export type Opinions = readonly Float32Array[]

const rounds = 300

/**
 * How much each opinion counts in a weighted sum of logarithms, 0 or more: the most likely weights for images of known class, each
 * pulled to its weight of before as by a normal distribution of width 1; without such images those of before.
 *
 * @param opinions Of images whose classes were not known to whoever gave them.
 * @param classes `[images]` true classes.
 * @param before One weight for each opinion.
 * @source Heskes 1998 (logarithmic opinion pools).
 */
export function weighOpinions(opinions: Opinions, classes: Int32Array, classCount: number, before: readonly number[]): number[] {
  let weights = [...before]
  let { loss, slopes } = measure(opinions, classes, classCount, before, weights)
  let stride = 1
  for (let round = 0; round < rounds && stride > 1e-9; round++) {
    const next = weights.map((weight, place) => Math.max(0, weight - stride * slopes[place]))
    const there = measure(opinions, classes, classCount, before, next)
    if (there.loss >= loss) stride /= 2
    else {
      weights = next
      ;({ loss, slopes } = there)
      stride *= 1.5
    }
  }
  return weights
}

/** Shares of the classes by all opinions together; `[images, classCount]`, rows sum to 1. */
export function poolOpinions(opinions: Opinions, weights: readonly number[], classCount: number): Float32Array {
  const pooled = new Float32Array(opinions[0].length)
  opinions.forEach((opinion, place) => {
    for (let at = 0; at < pooled.length; at++) pooled[at] += weights[place] * opinion[at]
  })
  for (let start = 0; start < pooled.length; start += classCount) toShares(pooled.subarray(start, start + classCount))
  return pooled
}

/** Logarithms to shares that sum to 1, in place. */
function toShares(row: Float32Array): void {
  let most = Number.NEGATIVE_INFINITY
  for (const value of row) most = Math.max(most, value)
  let total = 0
  for (let label = 0; label < row.length; label++) {
    row[label] = Math.exp(row[label] - most)
    total += row[label]
  }
  for (let label = 0; label < row.length; label++) row[label] /= total
}

function measure(opinions: Opinions, classes: Int32Array, classCount: number, before: readonly number[], weights: readonly number[]) {
  const shares = poolOpinions(opinions, weights, classCount)
  const slopes = weights.map((weight, place) => weight - before[place])
  let loss = slopes.reduce((sum, distance) => sum + distance ** 2 / 2, 0)
  classes.forEach((label, image) => {
    loss -= Math.log(Math.max(shares[image * classCount + label], 1e-30))
    opinions.forEach((opinion, place) => {
      for (let other = 0; other < classCount; other++)
        slopes[place] += (shares[image * classCount + other] - Number(other === label)) * opinion[image * classCount + other]
    })
  })
  return { loss, slopes }
}
