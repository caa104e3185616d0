import * as tf from '@tensorflow/tfjs'
import type { DrawnValues } from '../drawn-values.ts'
import type { Random } from '../random.ts'

export type ColourTwistOptions = Readonly<{
  /** Strength of brightness, contrast and saturation: factors from 1 - strength to 1 + strength. */
  strength: number
  /** Greatest turn of the hue, in turns. */
  hue: number
  jitterProbability: number
  grayscaleProbability: number
}>

/** One affine map of the colours for each image: out = direct · pixel + viaMean · mean colour of the image. */
export type ColourTwists<Values extends DrawnValues = Float32Array> = Readonly<{
  /** `[batch, 3, 3]` */
  direct: Values
  /** `[batch, 3, 3]` */
  viaMean: Values
}>

type Matrix = readonly number[]

const luma = [0.299, 0.587, 0.114]
const identity: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1]
const nothing: Matrix = [0, 0, 0, 0, 0, 0, 0, 0, 0]
/** Every output channel is the luma. */
const toGray: Matrix = [...luma, ...luma, ...luma]
const toYiq: Matrix = [...luma, 0.596, -0.274, -0.322, 0.211, -0.523, 0.312]
const fromYiq: Matrix = invert(toYiq)

/**
 * Draws colour jitter and random grayscale for a batch: brightness, contrast, saturation and hue in random order for each image.
 *
 * Differs from the paper: the four operations are composed as one affine map, so that values are clipped once at the end and
 * not between them, and the hue turns in the YIQ plane, not in HSV.
 *
 * @source torchvision's ColorJitter and RandomGrayscale as used by MoCo v2; composition as in NVIDIA DALI's ColorTwist.
 */
export function drawColourTwists(random: Random, batch: number, options: ColourTwistOptions): ColourTwists {
  const direct = new Float32Array(batch * 9)
  const viaMean = new Float32Array(batch * 9)
  for (let image = 0; image < batch; image++) {
    let a = identity
    let b = nothing
    const isJittered = random.uniform() < options.jitterProbability
    const factor = (): number => Math.max(0, 1 + (2 * random.uniform() - 1) * options.strength)
    const [brightness, contrast, saturation] = [factor(), factor(), factor()]
    const turn = (2 * random.uniform() - 1) * options.hue
    const order = random.shuffled(4)
    if (isJittered)
      for (const operation of order) {
        if (operation === 0) [a, b] = [scaled(a, brightness), scaled(b, brightness)]
        else if (operation === 1) [a, b] = [scaled(a, contrast), sum(scaled(b, contrast), scaled(product(toGray, sum(a, b)), 1 - contrast))]
        else {
          const map = operation === 2 ? sum(scaled(identity, saturation), scaled(toGray, 1 - saturation)) : hueTurn(turn)
          ;[a, b] = [product(map, a), product(map, b)]
        }
      }
    if (random.uniform() < options.grayscaleProbability) [a, b] = [product(toGray, a), product(toGray, b)]
    direct.set(a, image * 9)
    viaMean.set(b, image * 9)
  }
  return { direct, viaMean }
}

/** Applies `[batch, 3, 3]` maps to `[batch, side, side, 3]` of 0-255; the result is clipped to 0-255. */
export function twistColours(images: tf.Tensor4D, direct: tf.Tensor3D, viaMean: tf.Tensor3D): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, height, width] = images.shape
    const pixels = tf.reshape(images, [batch, height * width, 3])
    const mean = tf.mean(pixels, 1, true)
    const twisted = tf.add(tf.matMul(pixels, direct, false, true), tf.matMul(mean, viaMean, false, true))
    return tf.reshape(tf.clipByValue(twisted, 0, 255), [batch, height, width, 3])
  })
}

function hueTurn(turn: number): Matrix {
  const [cosine, sine] = [Math.cos(2 * Math.PI * turn), Math.sin(2 * Math.PI * turn)]
  return product(fromYiq, product([1, 0, 0, 0, cosine, -sine, 0, sine, cosine], toYiq))
}

function scaled(matrix: Matrix, factor: number): Matrix {
  return matrix.map((value) => value * factor)
}

function sum(left: Matrix, right: Matrix): Matrix {
  return left.map((value, index) => value + right[index]!)
}

function product(left: Matrix, right: Matrix): Matrix {
  return left.map((_, index) => {
    const row = Math.floor(index / 3) * 3
    const columnIndex = index % 3
    return left[row]! * right[columnIndex]! + left[row + 1]! * right[columnIndex + 3]! + left[row + 2]! * right[columnIndex + 6]!
  })
}

function invert(matrix: Matrix): Matrix {
  const [a, b, c, d, e, f, g, h, i] = matrix as [number, number, number, number, number, number, number, number, number]
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
  return scaled(
    [e * i - f * h, c * h - b * i, b * f - c * e, f * g - d * i, a * i - c * g, c * d - a * f, d * h - e * g, b * g - a * h, a * e - b * d],
    1 / determinant,
  )
}
