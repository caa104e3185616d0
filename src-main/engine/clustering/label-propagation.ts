import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { formOpinions, toLogarithms, type UnlabelledFacts } from './label-opinions.ts'
import { raiseModularity } from './modularity.ts'
import { poolOpinions, weighOpinions } from './opinion-weights.ts'

export type PropagatedLabels = Readonly<{
  /** `[count]` class of every image; that of the labelled ones is the given one. */
  classes: Int32Array
  /** `[count, classCount]` how likely each class is for each image, row-major; rows sum to 1. */
  shares: Float32Array
  /** How much graph, clusters and probe count. */
  weights: readonly number[]
}>

/** Before any evidence: the graph in full, its clusters, which say nearly the same, by half, a probe not at all. */
const usualWeights = [1, 0.5, 0] as const

/**
 * A class for every image from a few labelled ones. Three opinions are pooled: labels spread along the graph of neighbours, every class
 * with the same weight in all, so that none floods the others; what reaches the other images of the same cluster; and a linear probe.
 * Each counts as much as it is right about labelled images that were held out. Then single unlabelled images move where the sum of
 * modularity and of what the pool says of them rises, with the labelled ones as anchors.
 *
 * @param labels `[count]` class of the labelled images, 0 to classCount - 1; -1 elsewhere. Each class needs one at least to be found.
 * @param seed Of the order in which images move.
 * @throws BAD_INPUT when no image is labelled.
 * @source Our own, of `formOpinions`, `weighOpinions` and `raiseModularity`.
 */
export function propagateLabels(facts: UnlabelledFacts, labels: Int32Array, classCount: number, seed: number): PropagatedLabels {
  const { graph } = facts
  const rows = Int32Array.from(labels.keys()).filter((image) => labels[image] >= 0)
  if (rows.length === 0) throw new SpicerackError('BAD_INPUT', say('noLabelToSpread'), { advice: say('labelOneOfEach') })
  const { opinions, heldOut, classes: known } = formOpinions(facts, labels, rows, classCount)
  const weights = weighOpinions(heldOut, known, classCount, usualWeights)
  const shares = poolOpinions(opinions, weights, classCount)
  const classes = labels.map((label, image) => (label >= 0 ? label : mostLikely(shares, image, classCount)))
  return { classes: raiseModularity(graph, classes, classCount, seed, labels, toLogarithms(shares)), shares, weights }
}

/** The lowest number on a tie. */
function mostLikely(shares: Float32Array, image: number, classCount: number): number {
  let best = 0
  for (let label = 1; label < classCount; label++) if (shares[image * classCount + label] > shares[image * classCount + best]) best = label
  return best
}
