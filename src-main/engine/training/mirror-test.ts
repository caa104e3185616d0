import * as tf from '@tensorflow/tfjs'
import { applyRegularView } from '#engine/ml/augmentations/regular-view.ts'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import { blocks } from './batches.ts'
import type { ImageSource } from './image-source.ts'

const mostImages = 1000
const sidePx = 16
const blockSize = 100
/** Share of mirror images that lie farther off from which on mirroring is judged to change what is seen; half is chance. */
const smallestShare = 0.6
/** It must also be as many standard errors of a tossed coin above one half. */
const standardErrors = 3

export type MirrorTest = Readonly<{
  /** Share of the mirror images that lie farther from all other images than the image itself does; 0.5 where left and right are alike. */
  fartherRatio: number
  /** Whether a mirror image is as likely to be met as the image: then it may be used in its place. */
  isAlike: boolean
}>

/**
 * Whether these images are as likely to be met mirrored: photographs are, writing is not. Of each image and of its mirror image the
 * distance to the nearest other image is compared; where left and right are alike, either is larger half of the time (a sign test). At
 * most 1,000 images, drawn with the seed, are looked at, reduced to 16 px. A set of fewer than 2 different images is alike.
 *
 * @source Our own; the sign test is Dixon & Mood 1946.
 */
export async function testMirror(source: ImageSource, seed: number): Promise<MirrorTest> {
  const chosen = createRandom(deriveSeed(seed, 'mirror-test')).shuffled(source.count).slice(0, mostImages)
  if (chosen.length < 2) return { fartherRatio: 0.5, isAlike: true }
  const [plain, mirrored] = [await read(source, chosen, false), await read(source, chosen, true)]
  try {
    const [own, other] = await Promise.all([nearest(plain, plain), nearest(mirrored, plain)])
    let [farther, nearer] = [0, 0]
    for (let image = 0; image < chosen.length; image++) {
      if (other[image]! > own[image]!) farther++
      if (other[image]! < own[image]!) nearer++
    }
    const compared = farther + nearer
    const fartherRatio = compared > 0 ? farther / compared : 0.5
    const isAlike = fartherRatio < Math.max(smallestShare, 0.5 + (standardErrors * 0.5) / Math.sqrt(Math.max(1, compared)))
    return { fartherRatio, isAlike }
  } finally {
    tf.dispose([plain, mirrored])
  }
}

/** `[images, sidePx * sidePx * 3]` of 0-1. Caller disposes. */
async function read(source: ImageSource, chosen: Int32Array, isMirrored: boolean): Promise<tf.Tensor2D> {
  const view = { top: 0, left: 0, extent: 1, isMirrored }
  const parts: tf.Tensor2D[] = []
  for (const block of blocks(chosen.length, blockSize)) {
    parts.push(
      tf.tidy(() => {
        const images = source.images(block.map((place) => chosen[place]!))
        const small = applyRegularView(images, view, sidePx)
        return tf.reshape(tf.div(small, 255), [block.length, -1]) as tf.Tensor2D
      }),
    )
    await tf.nextFrame()
  }
  const whole = tf.concat(parts, 0)
  tf.dispose(parts)
  return whole
}

/** Of each row of `from` the squared distance to the nearest row of `to`, that of the same number left out. */
async function nearest(from: tf.Tensor2D, to: tf.Tensor2D): Promise<Float32Array> {
  const distances = tf.tidy(() => {
    const squares = (rows: tf.Tensor2D): tf.Tensor1D => tf.sum(tf.square(rows), 1)
    const products = tf.matMul(from, to, false, true)
    const all = tf.add(tf.sub(tf.expandDims(squares(from), 1), tf.mul(products, 2)), tf.expandDims(squares(to), 0))
    return tf.min(tf.add(all, tf.mul(tf.eye(from.shape[0]), 1e9)), 1)
  })
  const values = (await distances.data()) as Float32Array
  distances.dispose()
  return values
}
