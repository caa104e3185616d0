/** The similarity of two points of a layout at distance x: 1 / (1 + a x^(2b)). */
export type LayoutCurve = Readonly<{ a: number; b: number }>

const sampleCount = 300
const rounds = 100

/**
 * The smooth curve nearest (least squares) to the one that is 1 up to a distance of `minimumDistance` and falls from there as
 * exp(-(x - minimumDistance) / spread).
 *
 * @param minimumDistance How close points may lie, 0 to spread.
 * @param spread The scale of the layout, above 0.
 * @source McInnes, Healy & Melville 2018, definition 11; fitted by Gauss-Newton steps that are halved until they help.
 */
export function fitLayoutCurve(minimumDistance: number, spread: number): LayoutCurve {
  const distances = Float64Array.from({ length: sampleCount }, (_, index) => ((index + 1) / sampleCount) * 3 * spread)
  const wanted = distances.map((x) => (x <= minimumDistance ? 1 : Math.exp(-(x - minimumDistance) / spread)))
  // In log a and log b both stay positive.
  let [logA, logB] = [0, 0]
  let error = squaredError(distances, wanted, logA, logB)
  for (let round = 0; round < rounds; round++) {
    const [stepA, stepB] = gaussNewtonStep(distances, wanted, logA, logB)
    let factor = 1
    let next = squaredError(distances, wanted, logA + stepA, logB + stepB)
    while (next > error && factor > 1e-9) {
      factor /= 2
      next = squaredError(distances, wanted, logA + factor * stepA, logB + factor * stepB)
    }
    if (!(next < error)) break
    logA += factor * stepA
    logB += factor * stepB
    error = next
  }
  return { a: Math.exp(logA), b: Math.exp(logB) }
}

function squaredError(distances: Float64Array, wanted: Float64Array, logA: number, logB: number): number {
  let sum = 0
  for (const [index, x] of distances.entries()) sum += (1 / (1 + Math.exp(logA) * x ** (2 * Math.exp(logB))) - wanted[index]) ** 2
  return sum
}

function gaussNewtonStep(distances: Float64Array, wanted: Float64Array, logA: number, logB: number): [number, number] {
  let [aa, ab, bb, ra, rb] = [0, 0, 0, 0, 0]
  for (const [index, x] of distances.entries()) {
    const power = Math.exp(logA) * x ** (2 * Math.exp(logB))
    const value = 1 / (1 + power)
    const byA = -value * value * power
    const byB = byA * 2 * Math.exp(logB) * Math.log(x)
    const residual = wanted[index] - value
    aa += byA * byA
    ab += byA * byB
    bb += byB * byB
    ra += byA * residual
    rb += byB * residual
  }
  const determinant = aa * bb - ab * ab
  if (determinant <= 1e-300) return [0, 0]
  return [(ra * bb - rb * ab) / determinant, (rb * aa - ra * ab) / determinant]
}
