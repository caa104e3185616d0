import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { toUnitRows } from '#engine/clustering/embeddings.ts'
import { createRandom } from '#engine/ml/random.ts'

/** Gaussian blobs of the given sizes around random directions, in random order, with their true class. */
export function blobs(
  sizes: readonly number[],
  dimension: number,
  spread: number,
  seed: number,
): { embeddings: Embeddings; classes: Int32Array } {
  const random = createRandom(seed)
  const centres = sizes.map(() => Float64Array.from({ length: dimension }, () => random.normal()))
  const listed = sizes.flatMap((size, label) => Array.from({ length: size }, () => label))
  const order = random.shuffled(listed.length)
  const classes = Int32Array.from(order, (place) => listed[place])
  const values = new Float32Array(classes.length * dimension)
  classes.forEach((label, row) => {
    for (let column = 0; column < dimension; column++) values[row * dimension + column] = centres[label][column] + spread * random.normal()
  })
  return { embeddings: toUnitRows({ values, count: classes.length, dimension }), classes }
}

/** Random directions without structure. */
export function noise(count: number, dimension: number, seed: number): Embeddings {
  const random = createRandom(seed)
  return toUnitRows({ values: Float32Array.from({ length: count * dimension }, () => random.normal()), count, dimension })
}

/** Random rows that sum to 1. */
export function randomProbabilities(count: number, clusterCount: number, seed: number): Float32Array {
  const random = createRandom(seed)
  const probabilities = new Float32Array(count * clusterCount)
  for (let row = 0; row < count; row++) {
    const weights = Array.from({ length: clusterCount }, () => Math.exp(2 * random.normal()))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    weights.forEach((weight, cluster) => {
      probabilities[row * clusterCount + cluster] = weight / total
    })
  }
  return probabilities
}

export function rowOf(embeddings: Embeddings, row: number): number[] {
  return Array.from(embeddings.values.subarray(row * embeddings.dimension, (row + 1) * embeddings.dimension))
}

export function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, index) => sum + value * right[index], 0)
}

/** Whether two labellings say the same up to the names of the labels. */
export function sameUpToNames(left: Int32Array, right: Int32Array): boolean {
  const there = new Map<number, number>()
  const back = new Map<number, number>()
  return left.every((label, index) => {
    if (!there.has(label)) there.set(label, right[index])
    if (!back.has(right[index])) back.set(right[index], label)
    return there.get(label) === right[index] && back.get(right[index]) === label
  })
}
