import type { Embeddings } from './embeddings.ts'
import { probeLabels } from './label-probe.ts'
import { degreeScales, spreadSources } from './label-spread.ts'
import type { NeighbourGraph } from './neighbour-graph.ts'
import { type Opinions, poolOpinions, weighOpinions } from './opinion-weights.ts'

/** What is known of images before anybody labels them. */
export type UnlabelledFacts = Readonly<{
  graph: NeighbourGraph
  /** `[count]` clusters found without labels, any number of them; -1 for an image in none. */
  clusters: Int32Array
  /** What a linear probe looks at. */
  features: Embeddings
}>

/** The share that nobody is denied, so that no single opinion decides alone. */
const leastShare = 1e-3
/** Parts in which labelled images are held out, and columns of the spread, which costs in proportion to them. */
const mostFolds = 5
const mostColumns = 60
/** The probe looks at no more, evenly chosen. */
const mostProbed = 300
/** Differences of 1 between scores of the probe become a factor of e^8, before they are fitted. */
const usualSharpness = 8

/** Share of a label that goes on at each step: the more there are of each class, the less far each has to go. 0.99 for one, 0.9 from ten. */
function passedOnShare(labelledCount: number, classCount: number): number {
  return 1 - Math.min(0.1, Math.max(0.01, (0.01 * labelledCount) / classCount))
}

/**
 * Three opinions of the classes of all images: what spreads along the graph from the labelled ones, each class with the same mass in all;
 * what reaches the cluster of an image on average; and a linear probe. And the same of labelled images that did not take part.
 *
 * @param rows The labelled images.
 * @returns Logarithms of shares: of all images, and of held-out ones with their classes; none where each class has one labelled image.
 * @source Zhou et al. 2004 (`spreadSources`); Zhu, Ghahramani & Lafferty 2003 (class mass normalisation); `probeLabels`.
 */
export function formOpinions(
  { graph, clusters, features }: UnlabelledFacts,
  labels: Int32Array,
  rows: Int32Array,
  classCount: number,
): Readonly<{ opinions: Opinions; heldOut: Opinions; classes: Int32Array }> {
  const probed = evenly(rows, mostProbed)
  const probedClasses = probed.map((image) => labels[image])
  const probe = probeLabels(features, probed, probedClasses, classCount)
  const { foldOf, foldCount } = foldsOf(rows, labels, classCount)
  const spread = spreadByFold(graph, rows, labels, classCount, foldOf, foldCount)
  const alongGraph = (leftOut: number): Float32Array[] => {
    const reached = spread(leftOut)
    return [reached, sharesInClusters(clusters, reached, classCount)]
  }
  const places = [...probed.keys()].filter((place) => foldOf[probed[place]] >= 0)
  const heldOut = [0, 1, 2].map(() => new Float32Array(places.length * classCount))
  const take = (from: Float32Array, row: number, kind: number, to: number): void => {
    heldOut[kind].set(from.subarray(row * classCount, (row + 1) * classCount), to * classCount)
  }
  for (let fold = 0; fold < foldCount && places.length > 0; fold++) {
    const without = alongGraph(fold)
    for (const [at, place] of places.entries())
      if (foldOf[probed[place]] === fold) for (const [kind, shares] of without.entries()) take(shares, probed[place], kind, at)
  }
  for (const [at, place] of places.entries()) take(probe.heldOut, place, 2, at)
  const known = Int32Array.from(places, (place) => probedClasses[place])
  // Scores are no shares: they are sharpened until they fit what was held out.
  const [sharpness] = weighOpinions([sharpened(heldOut[2], 1)], known, classCount, [1])
  const sharesOf = (scores: Float32Array): Float32Array => poolOpinions([sharpened(scores, sharpness)], [1], classCount)
  return {
    opinions: [...alongGraph(-1), sharesOf(probe.scores)].map(toLogarithms),
    heldOut: [heldOut[0], heldOut[1], sharesOf(heldOut[2])].map(toLogarithms),
    classes: known,
  }
}

/** `[images]` the part in which each labelled image is held out, its turn among those of its class; -1 for the only one of a class. */
function foldsOf(rows: Int32Array, labels: Int32Array, classCount: number): { foldOf: Int32Array; foldCount: number } {
  const most = Math.max(2, Math.min(mostFolds, Math.floor(mostColumns / classCount)))
  const sizes = new Int32Array(classCount)
  for (const image of rows) sizes[labels[image]]++
  const seen = new Int32Array(classCount)
  const foldOf = new Int32Array(labels.length).fill(-1)
  for (const image of rows) if (sizes[labels[image]] > 1) foldOf[image] = seen[labels[image]]++ % most
  return { foldOf, foldCount: Math.min(most, Math.max(...sizes)) }
}

/** Spreads the labels of each part on their own, once; what is given adds them up again, but for one part. */
function spreadByFold(
  graph: NeighbourGraph,
  rows: Int32Array,
  labels: Int32Array,
  classCount: number,
  foldOf: Int32Array,
  foldCount: number,
): (leftOut: number) => Float32Array {
  const columnCount = foldCount * classCount
  const sources = new Float32Array(graph.count * columnCount)
  for (const image of rows) sources[image * columnCount + Math.max(0, foldOf[image]) * classCount + labels[image]] = 1
  const reached = spreadSources(graph, sources, columnCount, passedOnShare(rows.length, classCount))
  const isSingle = new Uint8Array(classCount)
  for (const image of rows) if (foldOf[image] < 0) isSingle[labels[image]] = 1
  const scales = degreeScales(graph)
  return (leftOut) => {
    const shares = new Float32Array(graph.count * classCount)
    const masses = new Float64Array(classCount)
    for (let image = 0; image < graph.count; image++)
      for (let label = 0; label < classCount; label++) {
        let sum = 0
        for (let fold = 0; fold < foldCount; fold++)
          if (fold !== leftOut || isSingle[label]) sum += reached[image * columnCount + fold * classCount + label]
        shares[image * classCount + label] = Math.max(0, sum) * scales[image]
        masses[label] += shares[image * classCount + label]
      }
    for (let place = 0; place < shares.length; place++) {
      const mass = masses[place % classCount]
      shares[place] = mass > 0 ? shares[place] / mass : 0
    }
    return toRowShares(shares, classCount)
  }
}

/** `[images, classCount]`: for every image the mean shares of its cluster. */
function sharesInClusters(clusters: Int32Array, shares: Float32Array, classCount: number): Float32Array {
  const sums = new Float32Array((Math.max(-1, ...new Set(clusters)) + 1) * classCount)
  const own = new Float32Array(shares.length)
  clusters.forEach((cluster, image) => {
    if (cluster >= 0)
      for (let label = 0; label < classCount; label++) sums[cluster * classCount + label] += shares[image * classCount + label]
  })
  clusters.forEach((cluster, image) => {
    if (cluster >= 0) own.set(sums.subarray(cluster * classCount, (cluster + 1) * classCount), image * classCount)
  })
  return toRowShares(own, classCount)
}

/** Rows divided by their sums, in place; equal shares where nothing is. */
function toRowShares(values: Float32Array, classCount: number): Float32Array {
  for (let start = 0; start < values.length; start += classCount) {
    let total = 0
    for (let label = 0; label < classCount; label++) total += values[start + label]
    for (let label = 0; label < classCount; label++) values[start + label] = total > 0 ? values[start + label] / total : 1 / classCount
  }
  return values
}

function sharpened(scores: Float32Array, sharpness: number): Float32Array {
  return scores.map((score) => usualSharpness * sharpness * score)
}

export function toLogarithms(shares: Float32Array): Float32Array {
  return shares.map((share) => Math.log(Math.max(share, leastShare)))
}

function evenly(rows: Int32Array, most: number): Int32Array {
  const every = Math.max(1, rows.length / most)
  return Int32Array.from({ length: Math.min(rows.length, most) }, (_, place) => rows[Math.floor(place * every)])
}
