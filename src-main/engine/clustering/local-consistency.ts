import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import { type Message, say } from '#shared/said.ts'
import type { Neighbours } from './neighbours.ts'

export type ReliableInput = Readonly<{
  neighbours: Neighbours
  /** `[images]` 0 to clusterCount - 1. */
  clusters: Int32Array
  /** `[images]` probability of that cluster, 0-1. */
  confidences: Float32Array
  clusterCount: number
  seed: number
}>

export type ReliableSelection = Readonly<{
  /** `[images]` share of the neighbours, the image included, that are in its cluster, 0-1. */
  consistencies: Float32Array
  /** `[images]` 1 where the image is reliable. */
  reliable: Uint8Array
  /** `[clusters]` how many each cluster kept. */
  counts: Int32Array
  /** What a person should know and can do, in sentences; empty when all is well. */
  advice: Message[]
}>

/** Of a cluster that has members, this many are kept at least, or all if it has fewer. */
const leastKept = 5
/** Below this many kept samples a cluster is called thin. */
export const thinCount = 10

/** Neighbours to ask, scaled to the data: min(100, max(10, images / (5 clusters))), at most the number of images. */
export function neighbourCountFor(imageCount: number, clusterCount: number): number {
  return Math.min(imageCount, 100, Math.max(10, Math.round(imageCount / (5 * clusterCount))))
}

/** For each image the share of its neighbours (itself included) that are in its cluster, `[images]` 0-1. */
function localConsistencies(neighbours: Neighbours, clusters: Int32Array): Float32Array {
  return Float32Array.from(agreeingNeighbours(neighbours, clusters), (agreeing) => agreeing / neighbours.neighbourCount)
}

/**
 * Reliable samples as published: fixed thresholds, then every cluster keeps as many, at random, as the poorest one has.
 * One cluster without any leaves the whole set empty; the advice then says so.
 *
 * @param consistencyThreshold Share of the neighbours that must agree, 0-1, reached or passed.
 * @param confidenceThreshold Probability that must be passed, 0-1.
 * @source SPICE, equation 8 and `local_consistency`.
 */
export function selectByThreshold(input: ReliableInput, consistencyThreshold: number, confidenceThreshold: number): ReliableSelection {
  const { neighbours, clusters, confidences, clusterCount } = input
  const agreeing = agreeingNeighbours(neighbours, clusters)
  // The margin keeps a share such as 0.07 x 100 from failing by rounding; confidences are float32, so is their threshold.
  const needed = neighbours.neighbourCount * consistencyThreshold - 1e-9
  const threshold = Math.fround(confidenceThreshold)
  const candidates = membersOf(clusters, clusterCount).map((members) =>
    members.filter((image) => agreeing[image] >= needed && confidences[image] > threshold),
  )
  const kept = Math.min(...candidates.map((list) => list.length))
  const chosen = candidates.map((list, cluster) => {
    const order = createRandom(deriveSeed(input.seed, 'reliable', cluster)).shuffled(list.length)
    return Array.from(order.subarray(0, kept), (place) => list[place])
  })
  const advice: Message[] = []
  if (kept === 0) {
    const missing = candidates.flatMap((list, cluster) => (list.length === 0 ? [cluster + 1] : []))
    advice.push(say('reliableNone', toValues(missing)))
  }
  return finish(input, chosen, advice)
}

/**
 * Reliable samples by rank within each cluster, never empty where there are members: an image ranks as low as the lower of its ranks by
 * agreement and by confidence; each cluster keeps its best share, not counting images that agree no more than chance.
 *
 * @param keepRatio Share of each cluster that is kept, 0-1.
 * @param balanceQuantile No cluster keeps more than this quantile (0-1) of what all clusters would keep.
 * @source Differs from the paper: SPICE's absolute thresholds and minimum over clusters leave nothing where one cluster is weak.
 */
export function selectByQuantile(input: ReliableInput, keepRatio: number, balanceQuantile: number): ReliableSelection {
  const { neighbours, clusters, confidences, clusterCount } = input
  const agreeing = agreeingNeighbours(neighbours, clusters)
  const tieOrder = createRandom(deriveSeed(input.seed, 'reliable')).shuffled(clusters.length)
  const ranked = membersOf(clusters, clusterCount).map((members) => {
    const agreementRank = ranksOf(members, agreeing)
    const confidenceRank = ranksOf(members, confidences)
    // Each place at the table: the lower rank first, then both, then the seeded order.
    return members
      .map((image, member) => ({
        image,
        low: Math.min(agreementRank[member], confidenceRank[member]),
        sum: agreementRank[member] + confidenceRank[member],
      }))
      .sort((a, b) => b.low - a.low || b.sum - a.sum || tieOrder[a.image] - tieOrder[b.image])
      .map(({ image }) => image)
  })
  const minimums = ranked.map((list) => Math.min(leastKept, list.length))
  const better = ranked.map((list) =>
    list.filter((image) => isAboveChance(agreeing[image], neighbours.neighbourCount, list.length, clusters.length)),
  )
  const wished = better.map((list, cluster) =>
    Math.max(minimums[cluster], Math.min(list.length, Math.ceil(keepRatio * ranked[cluster].length))),
  )
  const cap = Math.ceil(
    quantile(
      wished.filter((_, cluster) => ranked[cluster].length > 0),
      balanceQuantile,
    ),
  )
  const chosen = ranked.map((list, cluster) => {
    const count = Math.max(minimums[cluster], Math.min(wished[cluster], cap))
    const wanted = new Set(better[cluster])
    return [...better[cluster], ...list.filter((image) => !wanted.has(image))].slice(0, count)
  })
  return finish(input, chosen, [])
}

/** Agreement minus chance: beyond itself, an image would find the cluster's share of all others among its neighbours. */
function isAboveChance(agreeing: number, neighbourCount: number, clusterSize: number, imageCount: number): boolean {
  if (clusterSize === imageCount || neighbourCount < 2) return true
  return (agreeing - 1) / (neighbourCount - 1) > (clusterSize - 1) / (imageCount - 1)
}

function agreeingNeighbours(neighbours: Neighbours, clusters: Int32Array): Int32Array {
  const { count, neighbourCount, indices } = neighbours
  const agreeing = new Int32Array(count)
  for (let image = 0; image < count; image++) {
    const start = image * neighbourCount
    for (let place = start; place < start + neighbourCount; place++) if (clusters[indices[place]] === clusters[image]) agreeing[image]++
  }
  return agreeing
}

function membersOf(clusters: Int32Array, clusterCount: number): number[][] {
  const lists: number[][] = Array.from({ length: clusterCount }, () => [])
  clusters.forEach((cluster, image) => {
    lists[cluster].push(image)
  })
  return lists
}

/** For each member the share of members whose value is not greater, 0-1; equal values have equal ranks. */
function ranksOf(members: readonly number[], values: ArrayLike<number>): Float64Array {
  const ascending = Float64Array.from(members, (image) => values[image]).sort()
  return Float64Array.from(members, (image) => countUpTo(ascending, values[image]) / members.length)
}

function countUpTo(ascending: Float64Array, value: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ascending[middle] <= value) low = middle + 1
    else high = middle
  }
  return low
}

/** Linear between the two nearest ranks. */
function quantile(values: readonly number[], ratio: number): number {
  const ascending = [...values].sort((a, b) => a - b)
  const place = ratio * (ascending.length - 1)
  const below = ascending[Math.floor(place)] ?? 0
  const above = ascending[Math.ceil(place)] ?? below
  return below + (above - below) * (place - Math.floor(place))
}

function finish(input: ReliableInput, chosen: readonly (readonly number[])[], advice: Message[]): ReliableSelection {
  const { neighbours, clusters, clusterCount } = input
  const reliable = new Uint8Array(clusters.length)
  for (const list of chosen) for (const image of list) reliable[image] = 1
  const counts = Int32Array.from(chosen, (list) => list.length)
  const sizes = membersOf(clusters, clusterCount).map((members) => members.length)
  const empty = sizes.flatMap((size, cluster) => (size === 0 ? [cluster + 1] : []))
  const thin = sizes.flatMap((size, cluster) => (size > 0 && counts[cluster] > 0 && counts[cluster] < thinCount ? [cluster + 1] : []))
  if (empty.length > 0) advice.push(say('reliableEmpty', { ...toValues(empty), total: clusterCount }))
  if (thin.length > 0) advice.push(say('reliableThin', { ...toValues(thin), least: thinCount }))
  return { consistencies: localConsistencies(neighbours, clusters), reliable, counts, advice }
}

/** Of some clusters: how many, and their numbers from 1, as a person sees them, ten at most. */
function toValues(numbers: readonly number[]): { count: number; clusters: string } {
  return { count: numbers.length, clusters: [...numbers.slice(0, 10), ...(numbers.length > 10 ? ['…'] : [])].join(', ') }
}
