import * as tf from '@tensorflow/tfjs'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { Embeddings } from './embeddings.ts'
import { type PrototypeSupports, toPrototypes } from './prototypes.ts'

/** Pairs of image and label; an image may stand in several pairs, or in none. */
export type PseudoLabels = Readonly<{
  /** `[pairs]` rows of the embeddings. */
  indices: Int32Array
  /** `[pairs]` cluster of that row. */
  labels: Int32Array
  /** Which images made the prototype of each cluster. */
  supports: PrototypeSupports
}>

export type SelectionInput = Readonly<{
  /** `[images, dimension]`, L2-normalised rows. */
  embeddings: Embeddings
  /** For each head its `[images, clusters]` probabilities, row-major; heads are independent of each other. */
  probabilities: readonly Float32Array[]
  clusterCount: number
  /** Share of images / clusters that makes a prototype, 0-1. */
  centerRatio: number
  /** `[images]` cluster that a person fixed, or -1. These always win. */
  fixedLabels?: Int32Array
}>

/**
 * Pseudo-labels as published: for each cluster its most confident images make a prototype, and the images nearest to it get its label.
 * Columns are independent, so that an image may get several labels or none; every cluster gets exactly images / clusters of them.
 *
 * @returns For each head images / clusters pairs a cluster, cluster by cluster, nearest first; fewer or more only where a person fixed labels.
 * @throws BAD_CLUSTER_COUNT when there are fewer images than clusters.
 * @source SPICE, equations 2-4 and `select_samples`: prototypes are not normalised again.
 */
export async function selectOverlapping(input: SelectionInput): Promise<PseudoLabels[]> {
  const { embeddings, clusterCount, centerRatio } = input
  const count = embeddings.count
  const labelCount = Math.floor(count / clusterCount)
  if (labelCount < 1)
    throw new SpicerackError('BAD_CLUSTER_COUNT', say('tooFewForPseudoLabels', { images: count, clusters: clusterCount }), {
      advice: say('fewerOrLargerBatch'),
    })
  // At least one image, where the published code would divide by zero.
  const supportCount = Math.max(1, Math.floor(labelCount * centerRatio))
  const points = tf.tensor2d(embeddings.values, [count, embeddings.dimension])
  const results: PseudoLabels[] = []
  try {
    // One after the other: of many images what one head needs is large.
    for (const given of input.probabilities) {
      const probabilities = withFixedLabels(given, clusterCount, input.fixedLabels)
      const confident = await largestOfRows(() => tf.tensor2d(probabilities, [count, clusterCount]).transpose(), supportCount)
      const supports = Array.from({ length: clusterCount }, (_, cluster) => rowAt(confident, cluster, supportCount))
      const prototypes = toPrototypes(embeddings, supports)
      const toSimilarities = (): tf.Tensor2D =>
        tf.matMul(tf.tensor2d(prototypes, [clusterCount, embeddings.dimension]), points, false, true)
      const indices = await largestOfRows(toSimilarities, labelCount)
      const labels = Int32Array.from(indices, (_, pair) => Math.floor(pair / labelCount))
      results.push({ ...obeyFixedLabels({ indices, labels }, input.fixedLabels), supports })
    }
  } finally {
    points.dispose()
  }
  return results
}

/** The columns of the `largestCount` greatest values of each row, greatest first: `[rows, largestCount]`. */
async function largestOfRows(toRows: () => tf.Tensor2D, largestCount: number): Promise<Int32Array> {
  const found = tf.tidy(() => tf.topk(toRows(), largestCount).indices)
  const indices = (await found.data()) as Int32Array
  found.dispose()
  return indices
}

function rowAt(values: Int32Array, row: number, length: number): Int32Array {
  return values.slice(row * length, (row + 1) * length)
}

/** Probabilities in which a fixed image is certain of its label. */
export function withFixedLabels(probabilities: Float32Array, clusterCount: number, fixedLabels: Int32Array | undefined): Float32Array {
  if (!fixedLabels?.some((label) => label >= 0)) return probabilities
  const fixed = new Float32Array(probabilities)
  fixedLabels.forEach((label, image) => {
    if (label >= 0) fixed.fill(0, image * clusterCount, (image + 1) * clusterCount)[image * clusterCount + label] = 1
  })
  return fixed
}

/** Takes away what contradicts a fixed label, and adds each fixed label that is missing. */
function obeyFixedLabels(
  pairs: Readonly<{ indices: Int32Array; labels: Int32Array }>,
  fixedLabels: Int32Array | undefined,
): Readonly<{ indices: Int32Array; labels: Int32Array }> {
  if (!fixedLabels?.some((label) => label >= 0)) return pairs
  const indices: number[] = []
  const labels: number[] = []
  pairs.indices.forEach((image, pair) => {
    if (fixedLabels[image] >= 0) return
    indices.push(image)
    labels.push(pairs.labels[pair])
  })
  fixedLabels.forEach((label, image) => {
    if (label < 0) return
    indices.push(image)
    labels.push(label)
  })
  return { indices: Int32Array.from(indices), labels: Int32Array.from(labels) }
}
