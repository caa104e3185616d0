import * as tf from '@tensorflow/tfjs'
import { computeValues } from '#engine/ml/compute-values.ts'
import { createRandom } from '#engine/ml/random.ts'

/** The axes of greatest variance. */
export type LeadingAxes = Readonly<{
  /** `[axes, dimension]`, orthonormal rows. */
  axes: Float64Array
  /** `[axes]` variance along each, falling, 0 or more. */
  variances: Float64Array
}>

const rounds = 30
/** Axes beyond those asked for, so that the last of them settle too. */
const spareAxes = 16
const sweeps = 12

/**
 * The eigenvectors of a covariance with the greatest eigenvalues, by subspace iteration and Rayleigh-Ritz.
 *
 * @param covariance `[dimension, dimension]`, symmetric, positive semidefinite.
 * @param axisCount At most this many; never more than the dimension.
 * @source Golub & Van Loan 2013, sections 8.2.4 and 8.5 (orthogonal iteration, Jacobi).
 */
export async function leadingAxes(covariance: tf.Tensor2D, axisCount: number, seed: number): Promise<LeadingAxes> {
  const dimension = covariance.shape[0]
  const size = Math.min(dimension, axisCount + spareAxes)
  const random = createRandom(seed)
  const basis = Float64Array.from({ length: size * dimension }, () => random.normal())
  for (let round = 0; round < rounds; round++) {
    orthonormaliseRows(basis, size, dimension)
    basis.set(await timesCovariance(basis, size, covariance))
  }
  orthonormaliseRows(basis, size, dimension)
  const image = await timesCovariance(basis, size, covariance)
  const small = new Float64Array(size * size)
  for (let row = 0; row < size; row++)
    for (let column = 0; column <= row; column++) {
      const value = (rowProduct(basis, row, image, column, dimension) + rowProduct(basis, column, image, row, dimension)) / 2
      small[row * size + column] = value
      small[column * size + row] = value
    }
  const { values, vectors } = symmetricEigen(small, size)
  const count = Math.min(axisCount, dimension)
  const order = Array.from(values.keys()).sort((left, right) => values[right] - values[left])
  const axes = new Float64Array(count * dimension)
  for (let axis = 0; axis < count; axis++)
    for (let row = 0; row < size; row++) {
      const weight = vectors[row * size + order[axis]]
      for (let column = 0; column < dimension; column++) axes[axis * dimension + column] += weight * basis[row * dimension + column]
    }
  return { axes, variances: Float64Array.from({ length: count }, (_, axis) => Math.max(0, values[order[axis]])) }
}

/** Each row of the basis times the covariance. */
function timesCovariance(basis: Float64Array, size: number, covariance: tf.Tensor2D): Promise<Float32Array> {
  return computeValues(() => tf.matMul(tf.tensor2d(Float32Array.from(basis), [size, covariance.shape[0]]), covariance))
}

/** Gram-Schmidt, twice for accuracy, in place; a row that depends on those before it becomes zero. */
function orthonormaliseRows(rows: Float64Array, size: number, dimension: number): void {
  for (let row = 0; row < size; row++) {
    const before = Math.sqrt(rowProduct(rows, row, rows, row, dimension))
    for (let pass = 0; pass < 2; pass++)
      for (let other = 0; other < row; other++) {
        const product = rowProduct(rows, row, rows, other, dimension)
        for (let column = 0; column < dimension; column++) rows[row * dimension + column] -= product * rows[other * dimension + column]
      }
    const length = Math.sqrt(rowProduct(rows, row, rows, row, dimension))
    const factor = length > 1e-7 * before ? 1 / length : 0
    for (let column = 0; column < dimension; column++) rows[row * dimension + column] *= factor
  }
}

function rowProduct(left: ArrayLike<number>, leftRow: number, right: ArrayLike<number>, rightRow: number, dimension: number): number {
  let sum = 0
  for (let column = 0; column < dimension; column++) sum += left[leftRow * dimension + column] * right[rightRow * dimension + column]
  return sum
}

/** All eigenvalues and, as columns, eigenvectors of a small symmetric matrix: cyclic Jacobi rotations. */
export function symmetricEigen(matrix: Float64Array, size: number): { values: Float64Array; vectors: Float64Array } {
  const work = matrix.slice()
  const vectors = new Float64Array(size * size)
  for (let index = 0; index < size; index++) vectors[index * size + index] = 1
  for (let sweep = 0; sweep < sweeps; sweep++)
    for (let left = 0; left < size; left++)
      for (let right = left + 1; right < size; right++) {
        const across = work[left * size + right]
        if (across === 0) continue
        const ratio = (work[right * size + right] - work[left * size + left]) / (2 * across)
        const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.sqrt(1 + ratio * ratio))
        const cosine = 1 / Math.sqrt(1 + tangent * tangent)
        turn(work, size, left, right, cosine, cosine * tangent, true)
        turn(work, size, left, right, cosine, cosine * tangent, false)
        turn(vectors, size, left, right, cosine, cosine * tangent, false)
      }
  return { values: Float64Array.from({ length: size }, (_, index) => work[index * size + index]), vectors }
}

/** Turns two rows, or two columns, in their plane. */
function turn(matrix: Float64Array, size: number, left: number, right: number, cosine: number, sine: number, rows: boolean): void {
  const [step, stride] = rows ? [1, size] : [size, 1]
  for (let index = 0; index < size; index++) {
    const first = left * stride + index * step
    const second = right * stride + index * step
    const before = matrix[first]
    matrix[first] = cosine * before - sine * matrix[second]
    matrix[second] = sine * before + cosine * matrix[second]
  }
}
