import * as tf from '@tensorflow/tfjs'
import { type Embeddings, toUnitRows } from './embeddings.ts'
import { repairEmptyClusters } from './k-means.ts'
import { likeliest } from './likeliest.ts'
import { type PrototypeSupports, toPrototypes } from './prototypes.ts'
import { type PseudoLabels, type SelectionInput, withFixedLabels } from './pseudo-labels.ts'

export type DisjointOptions = Readonly<{
  /** Prior over cluster sizes, 0-1: 0 takes the predicted sizes, 1 makes all clusters equal. */
  massSoftness: number
  /** Whether an empty cluster takes half of the largest one. */
  repairEmpty: boolean
}>

/** No cluster's prior falls below this share of an equal one. */
const massFloor = 0.1

/**
 * Pseudo-labels in which an image has one label at most, and clusters have room for their predicted mass rather than images / clusters.
 *
 * The most confident members of each cluster make its prototype; images, the most decided first, take the nearest prototype, or the
 * second nearest where that is full, or else no label. With `repairEmpty` no cluster is without a label while there are different images.
 *
 * @source Differs from the paper: SPICE assigns images / clusters to each cluster, with overlaps, which leaves doubled and empty clusters.
 */
export async function selectDisjoint(input: SelectionInput, options: DisjointOptions): Promise<PseudoLabels[]> {
  const { embeddings, clusterCount } = input
  const results: PseudoLabels[] = []
  const points = tf.tensor2d(embeddings.values, [embeddings.count, embeddings.dimension])
  try {
    for (const given of input.probabilities) {
      const probabilities = withFixedLabels(given, clusterCount, input.fixedLabels)
      const members = likeliest(probabilities, clusterCount).clusters
      if (options.repairEmpty) repairEmptyClusters(embeddings, members, clusterCount, (image) => (input.fixedLabels?.[image] ?? -1) < 0)
      const supports = confidentMembers(probabilities, members, clusterCount, input.centerRatio)
      const prototypes = toUnitRows({ values: toPrototypes(embeddings, supports), count: clusterCount, dimension: embeddings.dimension })
      const similarities = await similaritiesTo(points, prototypes)
      const rooms = clusterRooms(predictedMass(probabilities, clusterCount), embeddings.count, options.massSoftness)
      const labels = assignWithRoom(similarities, rooms, supports, input.fixedLabels)
      if (options.repairEmpty) labelEmptyClusters(labels, similarities, supports, input.fixedLabels)
      results.push(toPairs(labels, supports))
    }
  } finally {
    points.dispose()
  }
  return results
}

/**
 * How many images each cluster has room for: the predicted mass, drawn towards equal sizes, floored, rounded to sum to `count`.
 *
 * @param mass `[clusters]` predicted share of each cluster; sums to 1.
 */
export function clusterRooms(mass: ArrayLike<number>, count: number, softness: number): Int32Array {
  const equal = 1 / mass.length
  const prior = Array.from(mass, (share) => Math.max((1 - softness) * share + softness * equal, massFloor * equal))
  const total = prior.reduce((sum, share) => sum + share, 0)
  const exact = prior.map((share) => (share / total) * count)
  const rooms = Int32Array.from(exact, Math.floor)
  let left = count - rooms.reduce((sum, room) => sum + room, 0)
  const byRemainder = exact.map((_, cluster) => cluster).sort((a, b) => exact[b] - rooms[b] - (exact[a] - rooms[a]) || a - b)
  for (const cluster of byRemainder) {
    if (left === 0) break
    rooms[cluster]++
    left--
  }
  return rooms.map((room) => Math.max(1, room))
}

/**
 * One label for each image, -1 where its two nearest clusters were full. The images surest of their nearest cluster choose first.
 *
 * @param similarities `[images, clusters]`, row-major.
 * @param rooms `[clusters]` images that each may take; fixed labels may go beyond it.
 * @param supports Clusters without any support take no image.
 */
export function assignWithRoom(
  similarities: Float32Array,
  rooms: Int32Array,
  supports: PrototypeSupports,
  fixedLabels: Int32Array | undefined,
): Int32Array {
  const clusterCount = rooms.length
  const count = similarities.length / clusterCount
  const labels = new Int32Array(count).fill(-1)
  const left = Int32Array.from(rooms)
  const first = new Int32Array(count)
  const second = new Int32Array(count)
  const margins = new Float64Array(count)
  for (let image = 0; image < count; image++) {
    const start = image * clusterCount
    let best = -1
    let next = -1
    for (let cluster = 0; cluster < clusterCount; cluster++) {
      if (supports[cluster].length === 0) continue
      const similarity = similarities[start + cluster]
      if (best < 0 || similarity > similarities[start + best]) {
        next = best
        best = cluster
      } else if (next < 0 || similarity > similarities[start + next]) next = cluster
    }
    first[image] = best
    second[image] = next
    margins[image] = next < 0 ? 2 : similarities[start + best] - similarities[start + next]
    const fixed = fixedLabels?.[image] ?? -1
    if (fixed >= 0) {
      labels[image] = fixed
      left[fixed]--
    }
  }
  const order = Array.from({ length: count }, (_, image) => image).sort((a, b) => margins[b] - margins[a] || a - b)
  for (const image of order) {
    if (labels[image] >= 0) continue
    for (const cluster of [first[image], second[image]]) {
      if (cluster < 0 || left[cluster] <= 0) continue
      labels[image] = cluster
      left[cluster]--
      break
    }
  }
  return labels
}

function predictedMass(probabilities: Float32Array, clusterCount: number): Float64Array {
  const mass = new Float64Array(clusterCount)
  probabilities.forEach((probability, place) => {
    mass[place % clusterCount] += probability
  })
  const total = mass.reduce((sum, share) => sum + share, 0)
  return mass.map((share) => share / total)
}

/** The most confident share of the members of each cluster, at least one where it has any. */
function confidentMembers(probabilities: Float32Array, members: Int32Array, clusterCount: number, centerRatio: number): Int32Array[] {
  const lists: number[][] = Array.from({ length: clusterCount }, () => [])
  members.forEach((cluster, image) => {
    lists[cluster].push(image)
  })
  return lists.map((list, cluster) => {
    const confidence = (image: number): number => probabilities[image * clusterCount + cluster]
    list.sort((a, b) => confidence(b) - confidence(a) || a - b)
    return Int32Array.from(list.slice(0, Math.ceil(list.length * centerRatio)))
  })
}

async function similaritiesTo(points: tf.Tensor2D, prototypes: Embeddings): Promise<Float32Array> {
  const product = tf.tidy(() => tf.matMul(points, tf.tensor2d(prototypes.values, [prototypes.count, prototypes.dimension]), false, true))
  const similarities = (await product.data()) as Float32Array
  product.dispose()
  return similarities
}

/** A cluster that got no label takes the image nearest to its prototype from a cluster that has another. */
function labelEmptyClusters(
  labels: Int32Array,
  similarities: Float32Array,
  supports: PrototypeSupports,
  fixedLabels: Int32Array | undefined,
): void {
  const clusterCount = supports.length
  const counts = new Int32Array(clusterCount)
  for (const label of labels) if (label >= 0) counts[label]++
  for (let empty = 0; empty < clusterCount; empty++) {
    if (counts[empty] > 0 || supports[empty].length === 0) continue
    let best = -1
    for (let image = 0; image < labels.length; image++) {
      if ((fixedLabels?.[image] ?? -1) >= 0 || (labels[image] >= 0 && counts[labels[image]] < 2)) continue
      if (best < 0 || similarities[image * clusterCount + empty] > similarities[best * clusterCount + empty]) best = image
    }
    if (best < 0) continue
    if (labels[best] >= 0) counts[labels[best]]--
    labels[best] = empty
    counts[empty] = 1
  }
}

function toPairs(labels: Int32Array, supports: PrototypeSupports): PseudoLabels {
  const indices = Int32Array.from(labels.keys()).filter((image) => labels[image] >= 0)
  return { indices, labels: Int32Array.from(indices, (image) => labels[image]), supports }
}
