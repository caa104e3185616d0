import { SpicerackError } from '#shared/errors.ts'
import { raiseModularity } from './modularity.ts'
import type { NeighbourGraph } from './neighbour-graph.ts'

export type PropagatedLabels = Readonly<{
  /** `[count]` class of every image; that of the labelled ones is the given one. */
  classes: Int32Array
  /** `[count, classCount]` how much each class reaches each image, row-major; rows sum to 1, or to 0 where nothing does. */
  shares: Float32Array
}>

const steps = 100

/** Share of a label that goes on at each step: the more there are of each class, the less far each has to go. 0.99 for one, 0.9 from ten. */
function passedOnShare(labelledCount: number, classCount: number): number {
  return 1 - Math.min(0.1, Math.max(0.01, (0.01 * labelledCount) / classCount))
}

/**
 * A class for every image from a few labelled ones. Labels spread along the graph of neighbours; every class is given the same weight in
 * all, so that none floods the others; then single unlabelled images move where modularity rises, with the labelled ones as anchors.
 *
 * @param labels `[count]` class of the labelled images, 0 to classCount - 1; -1 elsewhere. Each class needs one at least to be found.
 * @param seed Of the order in which images move.
 * @throws BAD_INPUT when no image is labelled.
 * @source Zhou et al. 2004 (local and global consistency, equation 4); Zhu, Ghahramani & Lafferty 2003 (class mass normalisation);
 *   `raiseModularity`.
 */
export function propagateLabels(graph: NeighbourGraph, labels: Int32Array, classCount: number, seed: number): PropagatedLabels {
  if (!labels.some((label) => label >= 0))
    throw new SpicerackError('BAD_INPUT', 'No image has a label that could spread to others.', { advice: 'Label one image of each class.' })
  const shares = spread(graph, labels, classCount)
  const classes = Int32Array.from(labels, (label, image) => (label >= 0 ? label : mostReaching(shares, image, classCount)))
  return { classes: raiseModularity(graph, classes, classCount, seed, labels), shares }
}

function spread({ count, starts, others, weights }: NeighbourGraph, labels: Int32Array, classCount: number): Float32Array {
  const labelledCount = labels.reduce((sum, label) => sum + (label >= 0 ? 1 : 0), 0)
  const passedOn = passedOnShare(labelledCount, classCount)
  const scales = new Float64Array(count)
  for (let row = 0; row < count; row++) for (let edge = starts[row]; edge < starts[row + 1]; edge++) scales[row] += weights[edge]
  for (let row = 0; row < count; row++) scales[row] = scales[row] > 0 ? 1 / Math.sqrt(scales[row]) : 0
  const passing = Float32Array.from(weights)
  for (let row = 0; row < count; row++)
    for (let edge = starts[row]; edge < starts[row + 1]; edge++) passing[edge] *= passedOn * scales[row] * scales[others[edge]]
  const given = new Float32Array(count * classCount)
  labels.forEach((label, image) => {
    if (label >= 0) given[image * classCount + label] = 1 - passedOn
  })
  let reached: Float32Array = given
  for (let step = 0; step < steps; step++) {
    const next = given.slice()
    for (let row = 0; row < count; row++)
      for (let edge = starts[row]; edge < starts[row + 1]; edge++) {
        const weight = passing[edge]
        const from = others[edge] * classCount
        for (let label = 0; label < classCount; label++) next[row * classCount + label] += weight * reached[from + label]
      }
    reached = next
  }
  const masses = new Float64Array(classCount)
  reached.forEach((value, place) => {
    masses[place % classCount] += value * scales[Math.floor(place / classCount)]
  })
  const shares = reached.map((value, place) => {
    const mass = masses[place % classCount]
    return mass > 0 ? (value * scales[Math.floor(place / classCount)]) / mass : 0
  })
  for (let row = 0; row < count; row++) {
    const own = shares.subarray(row * classCount, (row + 1) * classCount)
    const total = own.reduce((sum, share) => sum + share, 0)
    if (total > 0) for (let label = 0; label < classCount; label++) own[label] /= total
  }
  return shares
}

/** The class that reaches an image most, the lowest number on a tie. */
function mostReaching(shares: Float32Array, image: number, classCount: number): number {
  let best = 0
  for (let label = 1; label < classCount; label++) if (shares[image * classCount + label] > shares[image * classCount + best]) best = label
  return best
}
