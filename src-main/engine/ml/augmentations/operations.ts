import * as tf from '@tensorflow/tfjs'
import { type DrawnValues, shapeValues } from '../drawn-values.ts'
import type { Random } from '../random.ts'
import { projectImages } from './projective.ts'
import { applyTones, type ToneOperations } from './tone-tables.ts'

const operationNames = [
  'identity',
  'autocontrast',
  'equalize',
  'rotate',
  'solarize',
  'colour',
  'contrast',
  'brightness',
  'sharpness',
  'shear-x',
  'shear-y',
  'translate-x',
  'translate-y',
  'posterize',
] as const
type OperationName = (typeof operationNames)[number]

/** Greatest shear (tangent) and translation (share of the side), either way. */
export type OperationRanges = Readonly<{ shear: number; translate: number }>

/**
 * One operation for each image of a batch, as the parameters of all of them: every image passes every kind of operation, with
 * parameters under which all but its own do nothing. Shapes stay static and no image waits for another.
 */
export type OperationRound<Values extends DrawnValues = Float32Array> = Readonly<{
  /** `[batch, 8]` map from output to input pixels. */
  geometry: Values
  /** `[batch]` share of the image's own grey in the blend, 0-1; 0: nothing. */
  grey: Values
  /** `[batch]` share of the smoothed image in the blend, 0-1; 0: nothing. */
  smooth: Values
  tones: ToneOperations<Values>
}>

/** Draws one of the fourteen operations for each image, with uniform magnitude. */
export function drawOperations(random: Random, batch: number, side: number, ranges: OperationRanges): OperationRound {
  const row = (value: number): Float32Array => new Float32Array(batch).fill(value)
  const tones = { darken: row(0), flatten: row(0), autocontrast: row(0), equalize: row(0), solarizeFrom: row(256), posterizeStep: row(1) }
  const round = { geometry: new Float32Array(batch * 8), grey: row(0), smooth: row(0), tones }
  for (let image = 0; image < batch; image++) {
    const name = operationNames[random.integer(operationNames.length)]!
    const magnitude = random.uniform()
    const sign = random.uniform() < 0.5 ? -1 : 1
    round.geometry.set(geometryOf(name, sign * magnitude, side, ranges), image * 8)
    const share = 1 - (0.05 + 0.9 * magnitude)
    if (name === 'brightness') tones.darken[image] = share
    if (name === 'contrast') tones.flatten[image] = share
    if (name === 'colour') round.grey[image] = share
    if (name === 'sharpness') round.smooth[image] = share
    if (name === 'autocontrast') tones.autocontrast[image] = 1
    if (name === 'equalize') tones.equalize[image] = 1
    if (name === 'solarize') tones.solarizeFrom[image] = 256 * magnitude
    if (name === 'posterize') tones.posterizeStep[image] = 2 ** (8 - Math.floor(4 + 4 * magnitude))
  }
  return round
}

/** Applies the rounds in order to `[batch, side, side, 3]` of 0-255; values are whole numbers afterwards. */
export function applyOperations(images: tf.Tensor4D, rounds: readonly OperationRound<DrawnValues>[]): tf.Tensor4D {
  let present = images
  for (const round of rounds) present = applyRound(present, round)
  return present
}

function applyRound(images: tf.Tensor4D, round: OperationRound<DrawnValues>): tf.Tensor4D {
  return tf.tidy(() => {
    const batch = images.shape[0]
    const each = (values: DrawnValues): tf.Tensor4D => shapeValues<tf.Rank.R4>(values, [batch, 1, 1, 1])
    const moved = projectImages(images, shapeValues<tf.Rank.R2>(round.geometry, [batch, 8]))
    return applyTones(blendSpatially(moved, each(round.grey), each(round.smooth)), round.tones)
  })
}

/** Moves each image towards its own grey (PIL's ImageEnhance.Color) or its smooth self (.Sharpness). */
function blendSpatially(images: tf.Tensor4D, grey: tf.Tensor4D, smooth: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width] = images.shape
  const luma = tf.reshape(tf.matMul(tf.reshape(images, [-1, 3]), lumaWeights, false, true), [batch, height, width, 1])
  // PIL's SMOOTH filter: the eight neighbours once, the pixel five times, over 13.
  const ownShare = tf.add(tf.sub(1, tf.add(grey, smooth)), tf.mul(smooth, 4 / 13))
  const neighbours = tf.mul(tf.avgPool(images, 3, 1, 'same'), tf.mul(smooth, 9 / 13))
  return tf.round(tf.clipByValue(tf.add(tf.add(tf.mul(images, ownShare), neighbours), tf.mul(luma, grey)), 0, 255))
}

const lumaWeights = [[0.299, 0.587, 0.114]]

/** Affine map about the image's centre, as (a0, a1, a2, b0, b1, b2, 0, 0): input x = a0 x + a1 y + a2. */
function geometryOf(name: OperationName, amount: number, side: number, ranges: OperationRanges): number[] {
  const centre = (side - 1) / 2
  const about = (a0: number, a1: number, b0: number, b1: number): number[] => [
    a0,
    a1,
    centre - a0 * centre - a1 * centre,
    b0,
    b1,
    centre - b0 * centre - b1 * centre,
    0,
    0,
  ]
  switch (name) {
    case 'rotate': {
      const angle = (amount * 30 * Math.PI) / 180
      return about(Math.cos(angle), -Math.sin(angle), Math.sin(angle), Math.cos(angle))
    }
    case 'shear-x':
      return about(1, amount * ranges.shear, 0, 1)
    case 'shear-y':
      return about(1, 0, amount * ranges.shear, 1)
    case 'translate-x':
      return [1, 0, amount * ranges.translate * side, 0, 1, 0, 0, 0]
    case 'translate-y':
      return [1, 0, 0, 0, 1, amount * ranges.translate * side, 0, 0]
    default:
      return [1, 0, 0, 0, 1, 0, 0, 0]
  }
}
