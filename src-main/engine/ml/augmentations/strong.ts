import * as tf from '@tensorflow/tfjs'
import { type DrawnValues, shapeValues } from '../drawn-values.ts'
import type { Random } from '../random.ts'
import { normalizeImages } from './normalize.ts'
import { applyOperations, drawOperations, type OperationRanges, type OperationRound } from './operations.ts'
import { drawWeakView, shiftImages, type WeakView } from './weak.ts'

export type StrongViewOptions = Readonly<{
  /** Which published form: SPICE-Self's ("scan") or FixMatch's. */
  form: 'scan' | 'fixmatch'
  operationCount: number
  /** Largest side of the hole, as a share of the image's side, 0-1. */
  cutoutRatio: number
  cropPadding: number
  flipProbability: number
}>

/** All chance of one batch of strong views. */
export type StrongView<Values extends DrawnValues = Float32Array> = Readonly<{
  form: StrongViewOptions['form']
  shift: WeakView<Values>
  rounds: readonly OperationRound<Values>[]
  /** First row and column of the hole, and the ones after its last; `[batch]` each, in pixels. */
  hole: Readonly<{ top: Values; bottom: Values; left: Values; right: Values }>
}>

const scanRanges: OperationRanges = { shear: 0.1, translate: 0.1 }
const fixmatchRanges: OperationRanges = { shear: 0.3, translate: 0.3 }
/** FixMatch fills the hole with this grey before normalising; SPICE-Self with zeros after it. */
const fixmatchFill = [125, 123, 114]

/**
 * Draws strong views: a mirror image, random operations, a hole.
 *
 * "scan": mirror, four operations, cutout of zeros after normalisation. "fixmatch": three operations, cutout of grey, then the
 * weak view's shift.
 *
 * @source SPICE, spice/data/transformations.py; FixMatch-pytorch, datasets/augmentation; Cubuk et al. 2020, "RandAugment"; DeVries & Taylor 2017, "Cutout".
 */
export function drawStrongView(random: Random, batch: number, side: number, options: StrongViewOptions): StrongView {
  const isScan = options.form === 'scan'
  const shift = drawWeakView(random, batch, isScan ? 0 : options.cropPadding, options.flipProbability)
  const rounds = Array.from({ length: options.operationCount }, () =>
    drawOperations(random, batch, side, isScan ? scanRanges : fixmatchRanges),
  )
  const largest = options.cutoutRatio * side
  const row = (): Float32Array => new Float32Array(batch)
  const hole = { top: row(), bottom: row(), left: row(), right: row() }
  for (let image = 0; image < batch; image++) {
    const extent = isScan ? (largest >= 1 ? 1 + random.integer(Math.floor(largest)) : 0) : Math.floor(largest * random.uniform())
    const [centreY, centreX] = [random.integer(side), random.integer(side)]
    hole.top[image] = Math.max(0, centreY - Math.floor(extent / 2))
    hole.bottom[image] = Math.min(side, centreY - Math.floor(extent / 2) + extent)
    hole.left[image] = Math.max(0, centreX - Math.floor(extent / 2))
    hole.right[image] = Math.min(side, centreX - Math.floor(extent / 2) + extent)
  }
  return { form: options.form, shift, rounds, hole }
}

/** Applies drawn strong views to `[batch, side, side, 3]` of 0-255; the result is normalised. */
export function applyStrongView(images: tf.Tensor4D, view: StrongView<DrawnValues>): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, side] = images.shape
    const open = holeMask(view, batch, side)
    if (view.form === 'scan') return tf.mul(normalizeImages(applyOperations(shiftImages(images, view.shift), view.rounds)), open)
    const changed = applyOperations(images, view.rounds)
    const filled = tf.add(tf.mul(changed, open), tf.mul(fixmatchFill, tf.sub(1, open))) as tf.Tensor4D
    return normalizeImages(shiftImages(filled, view.shift))
  })
}

/** `[batch, side, side, 1]`: 0 in the hole, 1 elsewhere. */
function holeMask({ hole }: StrongView<DrawnValues>, batch: number, side: number): tf.Tensor4D {
  const within = (start: DrawnValues, end: DrawnValues, shape: [number, number, number, number]): tf.Tensor => {
    const positions = tf.reshape(tf.range(0, side), [1, ...shape.slice(1)])
    const bound = (values: DrawnValues): tf.Tensor => shapeValues<tf.Rank.R4>(values, [batch, 1, 1, 1])
    return tf.cast(tf.logicalAnd(tf.greaterEqual(positions, bound(start)), tf.less(positions, bound(end))), 'float32')
  }
  return tf.sub(1, tf.mul(within(hole.top, hole.bottom, [1, side, 1, 1]), within(hole.left, hole.right, [1, 1, side, 1]))) as tf.Tensor4D
}
