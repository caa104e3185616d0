import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import type { LayoutCurve } from './layout-curve.ts'
import type { NeighbourGraph } from './neighbour-graph.ts'
import { type Follow, pause } from './pause.ts'

export type DescentOptions = Readonly<{
  dimension: number
  curve: LayoutCurve
  epochs: number
  /** Random points pushed away for each pair drawn together. */
  negativeCount: number
  seed: number
}>

/** No coordinate moves further than this times the step size at once. */
const mostMove = 4
const softening = 0.001
/** Forces are looked up by the upper bits of the squared distance as float32: within 0.2 %. */
const droppedBits = 15

type Forces = Readonly<{ attraction: Float32Array; repulsion: Float32Array }>

/**
 * Moves points until pairs of the graph lie close together and others apart, in place: stochastic gradient descent on the cross-entropy
 * of the two fuzzy sets with negative sampling. A pair of weight w is drawn together w / (greatest w) times an epoch, both ways; the step
 * size falls from 1 to 0. The same seed gives the same bytes.
 *
 * @param positions `[count, dimension]`.
 * @throws CANCELLED.
 * @source McInnes, Healy & Melville 2018, algorithm 5 and section 3.2. Differs from the paper: forces come from a table.
 */
export async function descend(positions: Float32Array, graph: NeighbourGraph, options: DescentOptions, follow: Follow = {}): Promise<void> {
  const forces = forcesOf(options.curve)
  const periods = periodsOf(graph, options.epochs)
  const due = periods.slice()
  const run = options.dimension === 2 ? planeEpoch : epoch
  for (let round = 0; round < options.epochs; round++) {
    const random = createRandom(deriveSeed(options.seed, 'layout', round)).integer(0xffffffff) + 1
    run({ positions, graph, options, forces, periods, due, round, random, stepSize: 1 - round / options.epochs })
    await pause(follow, (round + 1) / options.epochs)
  }
}

/** How many epochs pass between two draws of each pair; infinite where there would be none. */
function periodsOf({ weights }: NeighbourGraph, epochs: number): Float32Array {
  const greatest = weights.reduce((most, weight) => Math.max(most, weight), 0)
  return weights.map((weight) => (weight * epochs < greatest ? Number.POSITIVE_INFINITY : greatest / weight))
}

/** Factors of the difference of two points, for each squared distance. */
function forcesOf({ a, b }: LayoutCurve): Forces {
  const size = 1 << (31 - droppedBits)
  const attraction = new Float32Array(size)
  const repulsion = new Float32Array(size)
  const bits = new Uint32Array(1)
  const squared = new Float32Array(bits.buffer)
  for (let place = 0; place < size; place++) {
    bits[0] = (place << droppedBits) | (1 << (droppedBits - 1))
    const distance = squared[0]
    if (!Number.isFinite(distance)) continue
    const power = a * distance ** b
    attraction[place] = (-2 * b * power) / (distance * (1 + power))
    repulsion[place] = (2 * b) / ((softening + distance) * (1 + power))
  }
  return { attraction, repulsion }
}

type Epoch = Readonly<{
  positions: Float32Array
  graph: NeighbourGraph
  options: DescentOptions
  forces: Forces
  periods: Float32Array
  due: Float32Array
  round: number
  /** State of the generator: xorshift32 (Marsaglia 2003), never 0. */
  random: number
  stepSize: number
}>

function epoch({ positions, graph, options, forces, periods, due, round, random, stepSize }: Epoch): void {
  const { count, starts, others } = graph
  const { dimension, negativeCount } = options
  const bits = new Uint32Array(1)
  const squared = new Float32Array(bits.buffer)
  const place = (own: number, other: number): number => {
    let sum = 0
    for (let axis = 0; axis < dimension; axis++) {
      const difference = positions[own + axis] - positions[other + axis]
      sum += difference * difference
    }
    squared[0] = sum
    return bits[0] >>> droppedBits
  }
  const scale = count / 0x100000000
  let state = random
  for (let row = 0; row < count; row++) {
    const own = row * dimension
    for (let edge = starts[row]; edge < starts[row + 1]; edge++) {
      if (due[edge] > round + 1) continue
      due[edge] += periods[edge]
      const other = others[edge] * dimension
      const pull = forces.attraction[place(own, other)]
      for (let axis = 0; axis < dimension; axis++) {
        const move = stepSize * clip(pull * (positions[own + axis] - positions[other + axis]))
        positions[own + axis] += move
        positions[other + axis] -= move
      }
      for (let negative = 0; negative < negativeCount; negative++) {
        state ^= state << 13
        state ^= state >>> 17
        state ^= state << 5
        const stranger = Math.floor((state >>> 0) * scale) * dimension
        if (stranger === own) continue
        const push = forces.repulsion[place(own, stranger)]
        for (let axis = 0; axis < dimension; axis++)
          positions[own + axis] += stepSize * clip(push * (positions[own + axis] - positions[stranger + axis]))
      }
    }
  }
}

/** The same for two dimensions, with the point that moves in local variables: three times as fast. */
function planeEpoch({ positions, graph, options, forces, periods, due, round, random, stepSize }: Epoch): void {
  const { count, starts, others } = graph
  const { attraction, repulsion } = forces
  const { negativeCount } = options
  const bits = new Uint32Array(1)
  const squared = new Float32Array(bits.buffer)
  const scale = count / 0x100000000
  let state = random
  for (let row = 0; row < count; row++) {
    const own = row * 2
    for (let edge = starts[row]; edge < starts[row + 1]; edge++) {
      if (due[edge] > round + 1) continue
      due[edge] += periods[edge]
      let x = positions[own]
      let y = positions[own + 1]
      const other = others[edge] * 2
      let dx = x - positions[other]
      let dy = y - positions[other + 1]
      squared[0] = dx * dx + dy * dy
      const pull = attraction[bits[0] >>> droppedBits]
      const moveX = stepSize * clip(pull * dx)
      const moveY = stepSize * clip(pull * dy)
      positions[other] -= moveX
      positions[other + 1] -= moveY
      x += moveX
      y += moveY
      for (let negative = 0; negative < negativeCount; negative++) {
        state ^= state << 13
        state ^= state >>> 17
        state ^= state << 5
        const stranger = Math.floor((state >>> 0) * scale) * 2
        if (stranger === own) continue
        dx = x - positions[stranger]
        dy = y - positions[stranger + 1]
        squared[0] = dx * dx + dy * dy
        const push = repulsion[bits[0] >>> droppedBits]
        x += stepSize * clip(push * dx)
        y += stepSize * clip(push * dy)
      }
      positions[own] = x
      positions[own + 1] = y
    }
  }
}

function clip(move: number): number {
  return Math.max(-mostMove, Math.min(mostMove, move))
}
