import { createRandom, type Random } from '#engine/ml/random.ts'
import type { Embeddings } from './embeddings.ts'

/** Rounds of the power iteration; the leading axes settle in two or three. */
const rounds = 3
/** Rounds of rotations; they settle quadratically. */
const sweeps = 8

/** Longer rows are folded to this many numbers first. */
const foldedDimension = 512

/**
 * The rows, centred, in the axes of their greatest variance, without TensorFlow: distances are kept as far as a few axes can.
 *
 * @param axisCount Axes at most; no more than the dimension.
 * @returns `[count, axes]`, uncorrelated, in order of falling variance.
 * @source Halko, Martinsson & Tropp 2011, algorithm 4.4 (randomised subspace iteration); Charikar, Chen & Farach-Colton 2002
 *   (count sketch, which folds rows longer than 512).
 */
export function toPrincipalCoordinates(embeddings: Embeddings, axisCount: number, seed: number): Embeddings {
  const random = createRandom(seed)
  const centred = centre(fold(embeddings, random))
  const { count, dimension } = centred
  const size = Math.min(axisCount, dimension)
  let axes = Float64Array.from({ length: size * dimension }, () => random.normal())
  let coordinates = project(centred, axes, size)
  for (let round = 0; round < rounds; round++) {
    axes = axesOf(centred, coordinates, size)
    orthonormalise(axes, size, dimension)
    coordinates = project(centred, axes, size)
  }
  return { values: decorrelated(coordinates, count, size), count, dimension: size }
}

/** Rows folded to fewer numbers: each column is added to a random one, or taken from it. Distances stay within a few per cent. */
function fold(embeddings: Embeddings, random: Random): Embeddings {
  const { values, count, dimension } = embeddings
  if (dimension <= foldedDimension) return embeddings
  const target = Int32Array.from({ length: dimension }, () => random.integer(foldedDimension))
  const sign = Int8Array.from({ length: dimension }, () => (random.integer(2) === 0 ? -1 : 1))
  const folded = new Float32Array(count * foldedDimension)
  for (let row = 0; row < count; row++)
    for (let column = 0; column < dimension; column++)
      folded[row * foldedDimension + target[column]] += sign[column] * values[row * dimension + column]
  return { values: folded, count, dimension: foldedDimension }
}

function centre({ values, count, dimension }: Embeddings): Embeddings {
  const means = new Float64Array(dimension)
  for (let row = 0; row < count; row++) for (let column = 0; column < dimension; column++) means[column] += values[row * dimension + column]
  const centred = new Float32Array(values.length)
  for (let row = 0; row < count; row++)
    for (let column = 0; column < dimension; column++)
      centred[row * dimension + column] = values[row * dimension + column] - means[column] / count
  return { values: centred, count, dimension }
}

/** `[count, size]`: each row times each axis. */
function project({ values, count, dimension }: Embeddings, axes: Float64Array, size: number): Float64Array {
  const products = new Float64Array(count * size)
  for (let row = 0; row < count; row++)
    for (let axis = 0; axis < size; axis++) {
      let sum = 0
      for (let column = 0; column < dimension; column++) sum += values[row * dimension + column] * axes[axis * dimension + column]
      products[row * size + axis] = sum
    }
  return products
}

/** `[size, dimension]`: the rows summed with their coordinates as weights. */
function axesOf({ values, count, dimension }: Embeddings, coordinates: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const axes = new Float64Array(size * dimension)
  for (let row = 0; row < count; row++)
    for (let axis = 0; axis < size; axis++) {
      const weight = coordinates[row * size + axis]
      for (let column = 0; column < dimension; column++) axes[axis * dimension + column] += weight * values[row * dimension + column]
    }
  return axes
}

/** Gram-Schmidt over the rows, in place, twice for accuracy; a row that depends on those before it becomes zero. */
function orthonormalise(axes: Float64Array, size: number, dimension: number): void {
  for (let axis = 0; axis < size; axis++) {
    const own = axes.subarray(axis * dimension, (axis + 1) * dimension)
    const before = Math.hypot(...own)
    for (let pass = 0; pass < 2; pass++)
      for (let other = 0; other < axis; other++) {
        const earlier = axes.subarray(other * dimension, (other + 1) * dimension)
        let product = 0
        for (let column = 0; column < dimension; column++) product += own[column] * earlier[column]
        for (let column = 0; column < dimension; column++) own[column] -= product * earlier[column]
      }
    const length = Math.hypot(...own)
    for (let column = 0; column < dimension; column++) own[column] = length > 1e-9 * before ? own[column] / length : 0
  }
}

/** The same points turned so that their columns are orthogonal, the longest first: one-sided Jacobi rotations of pairs of columns. */
function decorrelated(coordinates: Float64Array, count: number, size: number): Float32Array {
  const columns = Array.from({ length: size }, (_, axis) =>
    Float64Array.from({ length: count }, (_, row) => coordinates[row * size + axis]),
  )
  for (let sweep = 0; sweep < sweeps; sweep++)
    for (let left = 0; left < size; left++) for (let right = left + 1; right < size; right++) rotate(columns[left], columns[right])
  columns.sort((left, right) => product(right, right) - product(left, left))
  return Float32Array.from({ length: count * size }, (_, place) => columns[place % size][Math.floor(place / size)])
}

/** Turns two columns in their plane, in place, until their product is 0. */
function rotate(left: Float64Array, right: Float64Array): void {
  const across = product(left, right)
  if (across === 0) return
  const ratio = (product(right, right) - product(left, left)) / (2 * across)
  const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.sqrt(1 + ratio * ratio))
  const cosine = 1 / Math.sqrt(1 + tangent * tangent)
  const sine = cosine * tangent
  for (let row = 0; row < left.length; row++) {
    const before = left[row]
    left[row] = cosine * before - sine * right[row]
    right[row] = sine * before + cosine * right[row]
  }
}

function product(left: Float64Array, right: Float64Array): number {
  let sum = 0
  for (let row = 0; row < left.length; row++) sum += left[row] * right[row]
  return sum
}
