import { SpicerackError } from '#shared/errors.ts'

/** Vectors of images, one row each: `values` is `[count, dimension]` float32, row-major. */
export type Embeddings = Readonly<{ values: Float32Array; count: number; dimension: number }>

/**
 * Refuses embeddings that no rule of this layer can work with.
 *
 * @throws INTERNAL when the length is not count x dimension; BAD_INPUT when a value is NaN or infinite.
 */
export function checkEmbeddings(embeddings: Embeddings): void {
  const { values, count, dimension } = embeddings
  if (count < 1 || dimension < 1 || values.length !== count * dimension)
    throw new SpicerackError('INTERNAL', `Embeddings of ${count} x ${dimension} cannot have ${values.length} values.`)
  for (let index = 0; index < values.length; index++)
    if (!Number.isFinite(values[index]))
      throw new SpicerackError('BAD_INPUT', `The embedding of image ${Math.floor(index / dimension)} is not a finite number.`, {
        advice: 'Training diverged or the file is damaged: embed the images again, or train with a smaller learning rate.',
      })
}

/** The rows of `members`, in that order, as embeddings of their own. */
export function rowsOf(embeddings: Embeddings, members: ArrayLike<number>): Embeddings {
  const { dimension } = embeddings
  const values = new Float32Array(members.length * dimension)
  for (let row = 0; row < members.length; row++)
    values.set(embeddings.values.subarray(members[row] * dimension, (members[row] + 1) * dimension), row * dimension)
  return { values, count: members.length, dimension }
}

/** Every row divided by its Euclidean length; rows of zeros stay zero. */
export function toUnitRows(embeddings: Embeddings): Embeddings {
  const { count, dimension } = embeddings
  const values = new Float32Array(embeddings.values)
  for (let row = 0; row < count; row++) {
    const start = row * dimension
    let sum = 0
    for (let column = 0; column < dimension; column++) sum += values[start + column] ** 2
    if (sum === 0) continue
    const factor = 1 / Math.sqrt(sum)
    for (let column = 0; column < dimension; column++) values[start + column] *= factor
  }
  return { values, count, dimension }
}
