import * as tf from '@tensorflow/tfjs'
import { computeValues } from '#engine/ml/compute-values.ts'
import { deriveSeed } from '#engine/ml/random.ts'
import { checkEmbeddings, type Embeddings, type MadeRows, rowsBetween } from './embeddings.ts'
import { leadingAxes } from './leading-axes.ts'

export type WhiteningOptions = Readonly<{
  /** Lengths of the features that were put side by side, one for each encoder; their sum is the dimension. */
  partDimensions: readonly number[]
  seed: number
}>

const mostAxes = 64
const blockRows = 2048
/** Images for each axis from which on variances are trusted fully. */
const trustedImagesPerAxis = 100

/**
 * How far the axes are brought to the same variance, 0 (not at all) to 1 (fully): as far as the number of images lets one know the
 * variances, whose errors fall with its square root. On few images the small ones are noise, which full whitening would make as loud as
 * what tells the images apart.
 *
 * @param count Images.
 * @param axisCount Axes that are kept.
 */
export function whiteningStrength(count: number, axisCount: number): number {
  return Math.min(1, Math.sqrt(count / (trustedImagesPerAxis * axisCount)))
}

/**
 * Features in which no few loud directions drown the others: each encoder's part is centred, cut to its 64 principal axes, divided by a
 * power of their spread, and made unit length, so that all parts count alike.
 *
 * @param features `[count, dimension]`, not normalised.
 * @returns `[count, axes of all parts]` unit rows (0 where an image is the mean of all).
 * @throws BAD_INPUT when a value is not finite.
 * @source Our own; the strength is `whiteningStrength`.
 */
export async function whitenFeatures(features: Embeddings | MadeRows, { partDimensions, seed }: WhiteningOptions): Promise<Embeddings> {
  const { count, dimension } = features
  forEachBlock(features, (values, first, end) => checkEmbeddings({ values, count: end - first, dimension }, first))
  const parts: tf.Tensor2D[] = []
  // One for all parts, since no copy of one is needed any more once it is centred.
  const columns = new Float32Array(count * Math.max(...partDimensions))
  try {
    let from = 0
    for (const [place, size] of partDimensions.entries()) {
      copyColumns(features, from, size, columns)
      const centred = tf.tidy(() => {
        const part = tf.tensor2d(columns.subarray(0, count * size), [count, size])
        return tf.sub(part, tf.mean(part, 0)) as tf.Tensor2D
      })
      from += size
      parts.push(await whitenPart(centred, deriveSeed(seed, 'whitening', place)).finally(() => centred.dispose()))
    }
    const whitened = await computeValues(() => tf.mul(tf.concat(parts, 1), 1 / Math.sqrt(parts.length)))
    return { values: whitened, count, dimension: whitened.length / count }
  } finally {
    tf.dispose(parts)
  }
}

/** `[count, size]`: a part of each row, the `size` columns at `from`. */
function copyColumns(features: Embeddings | MadeRows, from: number, size: number, to: Float32Array): void {
  forEachBlock(features, (values, first) => {
    for (let start = from, row = first; start < values.length; start += features.dimension, row++)
      to.set(values.subarray(start, start + size), row * size)
  })
}

function forEachBlock(features: Embeddings | MadeRows, visit: (values: Float32Array, first: number, end: number) => void): void {
  for (let first = 0; first < features.count; first += blockRows) {
    const end = Math.min(features.count, first + blockRows)
    visit(rowsBetween(features, first, end), first, end)
  }
}

/** Caller disposes. */
async function whitenPart(centred: tf.Tensor2D, seed: number): Promise<tf.Tensor2D> {
  const [count, dimension] = centred.shape
  const covariance = tf.tidy(() => tf.div(tf.matMul(centred, centred, true, false), count) as tf.Tensor2D)
  const axisCount = Math.min(mostAxes, dimension, Math.max(1, count - 1))
  const { axes, variances } = await leadingAxes(covariance, axisCount, seed).finally(() => covariance.dispose())
  const strength = whiteningStrength(count, variances.length)
  // An axis without variance says nothing and stays as it is.
  const scales = variances.map((variance) => (variance > 1e-9 * variances[0] ? variance ** (-strength / 2) : 0))
  const scaled = Float32Array.from(axes, (value, place) => value * scales[Math.floor(place / dimension)])
  return tf.tidy(() => {
    const turned = tf.matMul(centred, tf.tensor2d(scaled, [variances.length, dimension]), false, true)
    return tf.divNoNan(turned, tf.norm(turned, 'euclidean', 1, true)) as tf.Tensor2D
  })
}
