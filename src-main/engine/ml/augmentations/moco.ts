import * as tf from '@tensorflow/tfjs'
import { type DrawnValues, shapeValues } from '../drawn-values.ts'
import type { Random } from '../random.ts'
import { type ColourTwists, drawColourTwists, twistColours } from './colour-twist.ts'
import { normalizeImages } from './normalize.ts'
import { blurMatrices, cropMatrices, resample } from './resample.ts'

export type MocoViewOptions = Readonly<{
  cropScaleMin: number
  jitterStrength: number
  hueStrength: number
  jitterProbability: number
  grayscaleProbability: number
  blurProbability: number
  flipProbability: number
}>

/** All chance of one batch of views, drawn on the processor; `[batch]` each unless it says otherwise. */
export type MocoView<Values extends DrawnValues = Float32Array> = Readonly<{
  top: Values
  left: Values
  height: Values
  width: Values
  flip: Values
  /** Standard deviation of the blur, in pixels. */
  sigma: Values
  twists: ColourTwists<Values>
}>

/** A sigma that leaves every pixel as it is. */
const noBlur = 0.05

/**
 * Draws MoCo v2's augmentation for a batch of `side` x `side` images.
 *
 * @source Chen et al. 2020, "MoCo v2"; crops as torchvision's RandomResizedCrop: area cropScaleMin to 1, aspect 3/4 to 4/3 on
 * a log scale, ten tries, then the centre.
 */
export function drawMocoView(random: Random, batch: number, side: number, options: MocoViewOptions): MocoView {
  const row = (): Float32Array => new Float32Array(batch)
  const [top, left, height, width, flip, sigma] = [row(), row(), row(), row(), row(), row()]
  for (let image = 0; image < batch; image++) {
    const crop = drawCrop(random, side, options.cropScaleMin)
    top[image] = crop.top
    left[image] = crop.left
    height[image] = crop.height
    width[image] = crop.width
    flip[image] = random.uniform() < options.flipProbability ? 1 : 0
    const blur = 0.1 + 1.9 * random.uniform()
    sigma[image] = random.uniform() < options.blurProbability ? blur : noBlur
  }
  const twists = drawColourTwists(random, batch, {
    strength: options.jitterStrength,
    hue: options.hueStrength,
    jitterProbability: options.jitterProbability,
    grayscaleProbability: options.grayscaleProbability,
  })
  return { top, left, height, width, flip, sigma, twists }
}

/** Applies a drawn view to `[batch, side, side, 3]` of 0-255; the result is normalised. */
export function applyMocoView(images: tf.Tensor4D, view: MocoView<DrawnValues>): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, side] = images.shape
    const still = tf.zeros([batch]) as tf.Tensor1D
    const each = (values: DrawnValues): tf.Tensor1D => shapeValues<tf.Rank.R1>(values, [batch])
    const maps = (values: DrawnValues): tf.Tensor3D => shapeValues<tf.Rank.R3>(values, [batch, 3, 3])
    const rows = cropMatrices(each(view.top), each(view.height), still, side, side)
    const columns = cropMatrices(each(view.left), each(view.width), each(view.flip), side, side)
    const coloured = twistColours(resample(images, rows, columns), maps(view.twists.direct), maps(view.twists.viaMean))
    const blur = blurMatrices(each(view.sigma), side)
    return normalizeImages(resample(coloured, blur, blur))
  })
}

function drawCrop(random: Random, side: number, scaleMin: number): { top: number; left: number; height: number; width: number } {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = side * side * (scaleMin + (1 - scaleMin) * random.uniform())
    const aspect = Math.exp(Math.log(3 / 4) + (Math.log(4 / 3) - Math.log(3 / 4)) * random.uniform())
    const width = Math.round(Math.sqrt(area * aspect))
    const height = Math.round(Math.sqrt(area / aspect))
    if (width > 0 && width <= side && height > 0 && height <= side)
      return { top: random.integer(side - height + 1), left: random.integer(side - width + 1), height, width }
  }
  return { top: 0, left: 0, height: side, width: side }
}
