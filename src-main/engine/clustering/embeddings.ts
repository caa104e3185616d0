import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'

/** Vectors of images, one row each: `values` is `[count, dimension]` float32, row-major. */
export type Embeddings = Readonly<{ values: Float32Array; count: number; dimension: number }>

/** Vectors of images that are made when they are asked for: of many images it is much to hold all. */
export type MadeRows = Readonly<{
  count: number
  dimension: number
  /** The rows from `start` to before `end`, row-major; not to be changed. */
  make(start: number, end: number): Float32Array
}>

/** The rows from `start` to before `end`; not to be changed, they may be the vectors themselves. */
export function rowsBetween(vectors: Embeddings | MadeRows, start: number, end: number): Float32Array {
  return 'values' in vectors ? vectors.values.subarray(start * vectors.dimension, end * vectors.dimension) : vectors.make(start, end)
}

/** All rows, held. */
export function holdRows(vectors: Embeddings | MadeRows): Embeddings {
  const { count, dimension } = vectors
  return { values: rowsBetween(vectors, 0, count), count, dimension }
}

/**
 * Refuses embeddings that no rule of this layer can work with.
 *
 * @param first Number of the image in the first row.
 * @throws INTERNAL when the length is not count x dimension; BAD_INPUT when a value is NaN or infinite.
 */
export function checkEmbeddings(embeddings: Embeddings, first = 0): void {
  const { values, count, dimension } = embeddings
  if (count < 1 || dimension < 1 || values.length !== count * dimension)
    throw new SpicerackError('INTERNAL', `Embeddings of ${count} x ${dimension} cannot have ${values.length} values.`)
  for (let index = 0; index < values.length; index++)
    if (!Number.isFinite(values[index]))
      throw new SpicerackError('BAD_INPUT', say('embeddingNotFinite', { image: first + Math.floor(index / dimension) }), {
        advice: say('embedAgain'),
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
  for (let row = 0; row < count; row++) scaleToUnit(values, row * dimension, (row + 1) * dimension)
  return { values, count, dimension }
}

/** Divides the values from `start` to before `end` by their Euclidean length, in place; zeros stay zero. */
export function scaleToUnit(values: Float32Array, start: number, end: number): void {
  let sum = 0
  for (let place = start; place < end; place++) sum += values[place] ** 2
  if (sum === 0) return
  const factor = 1 / Math.sqrt(sum)
  for (let place = start; place < end; place++) values[place] *= factor
}
