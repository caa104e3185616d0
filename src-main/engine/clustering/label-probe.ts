import { type Embeddings, rowsOf } from './embeddings.ts'

export type LabelProbe = Readonly<{
  /** `[count, classCount]` how much each image looks like each class, row-major; about 0 to 1, not a probability. */
  scores: Float32Array
  /** `[labelled, classCount]` what a probe that has not seen the labelled image says of it. */
  heldOut: Float32Array
}>

/** Penalties that are tried, as shares of the mean squared length of a labelled image's features. */
const penalties = [0.01, 0.03, 0.1, 0.3, 1, 3] as const
/** Where no image can be held out. */
const usualPenalty = 0.1

/**
 * A linear probe: ridge regression from features to classes. Its penalty is the one under which held-out labelled images are told best,
 * which has a closed form; an image whose class has no other labelled one is not counted.
 *
 * @param features `[count, dimension]`.
 * @param rows Images that have a label; the work grows with the cube of their number.
 * @param classes `[rows]` their classes, 0 to classCount - 1.
 * @source Hoerl & Kennard 1970; Allen 1974 (leave-one-out residuals).
 */
export function probeLabels(features: Embeddings, rows: ArrayLike<number>, classes: Int32Array, classCount: number): LabelProbe {
  const { count, dimension, values } = features
  const mean = meanRow(features)
  const seen = rowsOf(features, rows)
  const { values: own, count: labelled } = seen
  for (let place = 0; place < own.length; place++) own[place] -= mean[place % dimension]
  const products = gramOf(seen)
  let scale = 0
  for (let row = 0; row < labelled; row++) scale += products[row * labelled + row] / labelled
  // An intercept, as one more feature of the usual size.
  for (let place = 0; place < products.length; place++) products[place] += scale
  const sizes = new Int32Array(classCount)
  for (const label of classes) sizes[label]++
  const counted = [...classes.keys()].filter((row) => sizes[classes[row]] > 1)
  const tried = counted.length === 0 ? [usualPenalty] : penalties
  const fits = tried.map((penalty) => fitRidge(products, classes, classCount, penalty * Math.max(scale, 1e-12)))
  const errorOf = ({ heldOut }: RidgeFit): number =>
    counted.reduce((sum, row) => {
      for (let label = 0; label < classCount; label++) sum += (Number(classes[row] === label) - heldOut[row * classCount + label]) ** 2
      return sum
    }, 0)
  const { factors, heldOut } = fits.reduce((best, fit) => (errorOf(fit) < errorOf(best) ? fit : best))
  const weights = new Float32Array(classCount * dimension)
  const intercepts = new Float32Array(classCount).fill(1 / classCount)
  for (let label = 0; label < classCount; label++) {
    const vector = weights.subarray(label * dimension, (label + 1) * dimension)
    for (let row = 0; row < labelled; row++) {
      const factor = factors[row * classCount + label]
      intercepts[label] += factor * scale
      for (let column = 0; column < dimension; column++) vector[column] += factor * own[row * dimension + column]
    }
    for (let column = 0; column < dimension; column++) intercepts[label] -= vector[column] * mean[column]
  }
  const scores = new Float32Array(count * classCount)
  for (let row = 0; row < count; row++)
    for (let label = 0; label < classCount; label++) {
      let sum = intercepts[label]
      for (let column = 0; column < dimension; column++) sum += weights[label * dimension + column] * values[row * dimension + column]
      scores[row * classCount + label] = sum
    }
  return { scores, heldOut }
}

type RidgeFit = Readonly<{ factors: Float64Array; heldOut: Float32Array }>

/** Factors A = (K + penalty I)^-1 Y, and what is said of each row without it: y - a / diagonal of the inverse. */
function fitRidge(products: Float64Array, classes: Int32Array, classCount: number, penalty: number): RidgeFit {
  const size = classes.length
  const inverse = inverseOf(products, size, penalty)
  const factors = new Float64Array(size * classCount)
  const heldOut = new Float32Array(size * classCount)
  for (let row = 0; row < size; row++)
    for (let label = 0; label < classCount; label++) {
      let sum = 0
      for (let other = 0; other < size; other++) sum += inverse[row * size + other] * (Number(classes[other] === label) - 1 / classCount)
      factors[row * classCount + label] = sum
      heldOut[row * classCount + label] = Number(classes[row] === label) - sum / inverse[row * size + row]
    }
  return { factors, heldOut }
}

/** Inverse of a positive definite matrix plus `penalty` times the unit matrix, by Gauss-Jordan without pivots. */
function inverseOf(matrix: Float64Array, size: number, penalty: number): Float64Array {
  const inverse = matrix.slice()
  for (let place = 0; place < size; place++) inverse[place * size + place] += penalty
  for (let pivot = 0; pivot < size; pivot++) {
    const pivotRow = inverse.subarray(pivot * size, (pivot + 1) * size)
    const factor = 1 / pivotRow[pivot]
    pivotRow[pivot] = 1
    for (let column = 0; column < size; column++) pivotRow[column] *= factor
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue
      const own = inverse.subarray(row * size, (row + 1) * size)
      const share = own[pivot]
      own[pivot] = 0
      for (let column = 0; column < size; column++) own[column] -= share * pivotRow[column]
    }
  }
  return inverse
}

function meanRow({ values, count, dimension }: Embeddings): Float64Array {
  const mean = new Float64Array(dimension)
  for (let row = 0; row < count; row++) for (let column = 0; column < dimension; column++) mean[column] += values[row * dimension + column]
  return mean.map((sum) => sum / count)
}

function gramOf({ values, count, dimension }: Embeddings): Float64Array {
  const products = new Float64Array(count * count)
  for (let row = 0; row < count; row++)
    for (let other = row; other < count; other++) {
      let sum = 0
      for (let column = 0; column < dimension; column++) sum += values[row * dimension + column] * values[other * dimension + column]
      products[row * count + other] = sum
      products[other * count + row] = sum
    }
  return products
}
