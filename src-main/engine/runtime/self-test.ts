import * as tf from '@tensorflow/tfjs'

export type SelfTestResult = Readonly<{
  /** Greatest difference from the known values, relative to the greatest of them; infinite when a value is missing or not a number. */
  error: number
  /** Thousand millions of multiply-adds a second in a 3x3 convolution, forward and backward. */
  gigaMacsPerSecond: number
}>

/** Above this a backend computes something else than a convolution (float32 sums of 27 products differ by about 1e-7). */
export const selfTestTolerance = 1e-4

/** Checks the current backend: a 3x3 convolution and both its gradients against plain loops; then measures its speed for about 0.3 s. */
export async function runSelfTest(): Promise<SelfTestResult> {
  const error = await convolutionError()
  return { error, gigaMacsPerSecond: await convolutionSpeed() }
}

const batchSize = 2
const size = 5
const inChannels = 3
const outChannels = 4
const kernelSize = 3

async function convolutionError(): Promise<number> {
  const values = {
    x: sample(batchSize * size * size * inChannels, 1),
    w: sample(kernelSize * kernelSize * inChannels * outChannels, 2),
    dy: sample(batchSize * size * size * outChannels, 3),
  }
  const tensors = tf.tidy(() => {
    const x = tf.tensor4d(values.x, [batchSize, size, size, inChannels])
    const w = tf.tensor4d(values.w, [kernelSize, kernelSize, inChannels, outChannels])
    const dy = tf.tensor4d(values.dy, [batchSize, size, size, outChannels])
    const [dx, dw] = tf.grads((input, filter) => tf.conv2d(input as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'))([x, w], dy)
    return { y: tf.conv2d(x, w, 1, 'same'), dx: dx!, dw: dw! }
  })
  const expected = convolveSlowly(values)
  let error = 0
  for (const key of ['y', 'dx', 'dw'] as const) {
    const actual = await tensors[key].data()
    const scale = Math.max(...expected[key].map(Math.abs))
    for (const [index, value] of expected[key].entries()) {
      const difference = Math.abs((actual[index] ?? Number.NaN) - value) / scale
      error = Math.max(error, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference)
    }
  }
  tf.dispose(tensors)
  return error
}

/** The same convolution and gradients as loops in double precision. */
function convolveSlowly({ x, w, dy }: Record<'x' | 'w' | 'dy', Float32Array>): Record<'y' | 'dx' | 'dw', Float64Array> {
  const y = new Float64Array(dy.length)
  const dx = new Float64Array(x.length)
  const dw = new Float64Array(w.length)
  for (let image = 0; image < batchSize; image++)
    for (let row = 0; row < size; row++)
      for (let column = 0; column < size; column++)
        for (let i = 0; i < kernelSize; i++)
          for (let j = 0; j < kernelSize; j++) {
            const fromRow = row + i - 1
            const fromColumn = column + j - 1
            if (fromRow < 0 || fromRow >= size || fromColumn < 0 || fromColumn >= size) continue
            for (let input = 0; input < inChannels; input++)
              for (let output = 0; output < outChannels; output++) {
                const atY = ((image * size + row) * size + column) * outChannels + output
                const atX = ((image * size + fromRow) * size + fromColumn) * inChannels + input
                const atW = ((i * kernelSize + j) * inChannels + input) * outChannels + output
                y[atY]! += x[atX]! * w[atW]!
                dx[atX]! += dy[atY]! * w[atW]!
                dw[atW]! += x[atX]! * dy[atY]!
              }
          }
  return { y, dx, dw }
}

/** Fixed numbers in -1 to 1 without a pattern that a wrong kernel could hit by chance. */
function sample(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => Math.sin((index + 1) * 12.9898 + seed * 78.233))
}

/** A backend this slow is measured with the small convolution alone: the large one would take it many seconds. */
const slowGigaMacsPerSecond = 0.05

async function convolutionSpeed(): Promise<number> {
  const small = await measureConvolution({ count: 2, length: 8, channels: 16, forMs: 50 })
  return small < slowGigaMacsPerSecond ? small : measureConvolution({ count: 8, length: 16, channels: 32, forMs: 300 })
}

type Measurement = Readonly<{ count: number; length: number; channels: number; forMs: number }>

async function measureConvolution({ count, length, channels, forMs }: Measurement): Promise<number> {
  const x = tf.ones([count, length, length, channels]) as tf.Tensor4D
  const w = tf.ones([kernelSize, kernelSize, channels, channels]) as tf.Tensor4D
  const gradients = tf.grads((input, filter) => tf.conv2d(input as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'))
  const macs = 3 * count * length ** 2 * kernelSize ** 2 * channels ** 2
  const once = async (): Promise<void> => {
    const results = tf.tidy(() => [tf.conv2d(x, w, 1, 'same'), ...gradients([x, w], tf.ones(x.shape))].map((each) => each.sum()))
    for (const result of results) await result.data()
    tf.dispose(results)
  }
  await once()
  let roundCount = 0
  const start = performance.now()
  do {
    await once()
    roundCount++
  } while (performance.now() - start < forMs)
  const seconds = (performance.now() - start) / 1000
  tf.dispose([x, w])
  return (macs * roundCount) / seconds / 1e9
}
