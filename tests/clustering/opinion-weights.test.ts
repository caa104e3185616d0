import { describe, expect, it } from 'vitest'
import { poolOpinions, weighOpinions } from '#engine/clustering/opinion-weights.ts'
import { createRandom } from '#engine/ml/random.ts'

/** Logarithms of shares that are right about as many of the images as told. */
function opinion(classes: Int32Array, classCount: number, rightRatio: number, seed: number): Float32Array {
  const random = createRandom(seed)
  const shares = new Float32Array(classes.length * classCount).fill(Math.log(0.2 / (classCount - 1)))
  classes.forEach((label, image) => {
    const said = random.uniform() < rightRatio ? label : (label + 1 + random.integer(classCount - 1)) % classCount
    shares[image * classCount + said] = Math.log(0.8)
  })
  return shares
}

/** The same loss, from its definition. */
function slowLoss(
  opinions: readonly Float32Array[],
  classes: Int32Array,
  classCount: number,
  before: readonly number[],
  weights: readonly number[],
) {
  let loss = weights.reduce((sum, weight, place) => sum + (weight - before[place]) ** 2 / 2, 0)
  for (const [image, label] of classes.entries()) {
    const sums = Array.from({ length: classCount }, (_, other) =>
      opinions.reduce((sum, values, place) => sum + weights[place] * values[image * classCount + other], 0),
    )
    loss += Math.log(sums.reduce((sum, value) => sum + Math.exp(value), 0)) - sums[label]
  }
  return loss
}

describe('weights of opinions', () => {
  const random = createRandom(5)
  const classes = Int32Array.from({ length: 60 }, () => random.integer(3))
  const opinions = [opinion(classes, 3, 0.9, 1), opinion(classes, 3, 0.6, 2), opinion(classes, 3, 1 / 3, 3)]

  it('are the most likely ones, none below 0', () => {
    const before = [1, 0.5, 0]
    const found = weighOpinions(opinions, classes, 3, before)
    const least = slowLoss(opinions, classes, 3, before, found)
    for (const place of found.keys())
      for (const change of [-0.05, 0.05]) {
        const other = found.map((weight, at) => Math.max(0, weight + (at === place ? change : 0)))
        expect(slowLoss(opinions, classes, 3, before, other)).toBeGreaterThanOrEqual(least - 1e-4)
      }
    expect(found[0]).toBeGreaterThan(found[1])
    expect(found[1]).toBeGreaterThan(found[2])
    expect(found[2]).toBeGreaterThanOrEqual(0)
  })

  it('are those of before where nothing was held out', () => {
    expect(weighOpinions([new Float32Array(), new Float32Array()], new Int32Array(), 3, [1, 0.5])).toEqual([1, 0.5])
  })

  it('pool to shares that sum to 1, finite for certain opinions', () => {
    const pooled = poolOpinions([Float32Array.of(-1000, 0, -1000, 3), Float32Array.of(-1, -1, -2, 0)], [2, 1], 2)
    expect([...pooled]).toEqual([0, 1, 0, 1])
  })
})
