import { deriveSeed } from '#engine/ml/random.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { swapClusters } from './cluster-swaps.ts'
import type { Embeddings, MadeRows } from './embeddings.ts'
import { repairEmptyClusters } from './k-means.ts'
import { modularity, raiseModularity } from './modularity.ts'
import { embedNeighbours } from './neighbour-embedding.ts'
import { type NeighbourGraph, toNeighbourGraph } from './neighbour-graph.ts'
import { findNeighbours } from './neighbours.ts'
import { type Follow, partOf, pause } from './pause.ts'
import { followedPlainKMeans } from './plain-k-means.ts'
import { whitenFeatures } from './whitening.ts'

export type GraphClusterOptions = Readonly<{
  /** 1 to count. */
  clusterCount: number
  /** Lengths of the features that were put side by side, one for each encoder. */
  partDimensions: readonly number[]
  /** Memory for the similarities of one block while neighbours are sought. */
  memoryBytes: number
  seed: number
  /** `[count]` clusters in which a person wants these present clusters' images, or -1; left out where nobody decided anything. */
  targets?: (clusters: Int32Array) => Int32Array
  /** How well clusters fit what a person said of classes, 0-1; counts as much as modularity. */
  agreement?: (clusters: Int32Array) => number
}>

export type GraphClusters = Readonly<{
  /** `[count]` 0 to clusterCount - 1. */
  clusters: Int32Array
  /** Of the clusters on `graph`; compares divisions of these images into as many clusters. */
  modularity: number
  graph: NeighbourGraph
}>

const embeddingCount = 3
const startsPerEmbedding = 8
const dimension = 10
const iterations = 50
/**
 * Neighbours that hold the clusters together: 15, or fewer where that would be more than a quarter of a mean cluster, but 5 at least.
 * The image itself counts among them.
 */
export function graphNeighbourCount(count: number, clusterCount: number): number {
  return Math.round(Math.min(15, Math.max(5, count / (4 * clusterCount))))
}

/**
 * Clusters of frozen features: whitened as far as the number of images allows, joined with their neighbours into a graph, embedded in
 * ten dimensions, divided by k-means from many starts, improved by moving single images and by merging and splitting clusters; the
 * division of greatest modularity is kept.
 * No cluster is empty while there are different images. The same features, options and seed give the same clusters.
 *
 * @param features `[count, dimension]`, not normalised.
 * @throws BAD_CLUSTER_COUNT when there are fewer images than clusters; BAD_INPUT when a value is not finite; CANCELLED.
 * @source Our own, of McInnes, Healy & Melville 2018 (embedding) and Newman 2004 (modularity).
 */
export async function clusterByGraph(
  features: Embeddings | MadeRows,
  options: GraphClusterOptions,
  follow: Follow = {},
): Promise<GraphClusters> {
  const { clusterCount, seed, targets, agreement = () => 0 } = options
  if (!Number.isInteger(clusterCount) || clusterCount < 1 || clusterCount > features.count)
    throw new SpicerackError('BAD_CLUSTER_COUNT', say('cannotDivideInto', { images: features.count, clusters: clusterCount }), {
      advice: say('chooseHalf'),
    })
  const { points, graph } = await graphOfFeatures(features, options, partOf(follow, 0, 0.2))
  const divisionOf = (clusters: Int32Array): Division => {
    const found = modularity(graph, clusters, clusterCount)
    return { clusters, modularity: found, score: found + agreement(clusters) }
  }
  let best: Division | undefined
  for (let round = 0; round < embeddingCount; round++) {
    const tell = partOf(follow, 0.2 + (0.8 * round) / embeddingCount, 0.2 + (0.8 * (round + 1)) / embeddingCount)
    const epochs = points.count < 5000 ? 500 : 200
    const embedded = await embedNeighbours(
      points,
      graph,
      { dimension, minimumDistance: 0, epochs, seed: deriveSeed(seed, 'graph', round) },
      partOf(tell, 0, 0.8),
    )
    let bestHere: Division | undefined
    for (let start = 0; start < startsPerEmbedding; start++) {
      const tellStart = partOf(tell, 0.8 + (0.1 * start) / startsPerEmbedding, 0.8 + (0.1 * (start + 1)) / startsPerEmbedding)
      const startSeed = deriveSeed(seed, 'graph', round, start)
      const { clusters } = await followedPlainKMeans(embedded, clusterCount, iterations, startSeed, tellStart)
      repairEmptyClusters(points, clusters, clusterCount)
      const moved = raiseModularity(graph, clusters, clusterCount, deriveSeed(seed, 'moves', round, start), targets?.(clusters))
      bestHere = better(divisionOf(moved), bestHere)
      await pause(tellStart, 1)
    }
    // A swap gives a number to other images, and a person's decisions are about the images that have it now.
    const swapped = targets
      ? bestHere!.clusters
      : await swapClusters(
          graph,
          embedded,
          bestHere!.clusters,
          clusterCount,
          deriveSeed(seed, 'swaps', round),
          undefined,
          partOf(tell, 0.9, 1),
        )
    best = better(divisionOf(swapped), best)
    await pause(tell, 1)
  }
  return { clusters: best!.clusters, modularity: best!.modularity, graph }
}

/** Clusters and what speaks for them: their modularity, and with it how well they fit what a person said. */
type Division = Readonly<{ clusters: Int32Array; modularity: number; score: number }>

function better(one: Division, other: Division | undefined): Division {
  return other && other.score >= one.score ? other : one
}

/**
 * The whitened features, and the graph that their nearest neighbours make.
 *
 * @throws BAD_INPUT when a value is not finite; CANCELLED.
 */
export async function graphOfFeatures(
  features: Embeddings | MadeRows,
  { clusterCount, partDimensions, memoryBytes, seed }: Omit<GraphClusterOptions, 'targets'>,
  follow: Follow = {},
): Promise<{ points: Embeddings; graph: NeighbourGraph }> {
  const points = await whitenFeatures(features, { partDimensions, seed: deriveSeed(seed, 'graph') })
  const neighbourCount = graphNeighbourCount(points.count, clusterCount)
  return { points, graph: toNeighbourGraph(await findNeighbours(points, { neighbourCount, memoryBytes }, follow)) }
}

/** What an image's own cluster has more than others, so that none is equal. */
const edge = 0.001

/**
 * How sure each image may be of each cluster: the share of its neighbours there, by weight. The most likely cluster is the one it is in;
 * where neighbours say otherwise it takes as much from the strongest of the others as that needs.
 *
 * @returns `[count, clusterCount]`, row-major; rows sum to 1.
 */
export function neighbourShares({ graph, clusters }: Pick<GraphClusters, 'graph' | 'clusters'>, clusterCount: number): Float32Array {
  const { count, starts, others, weights } = graph
  const shares = new Float32Array(count * clusterCount)
  for (let image = 0; image < count; image++) {
    const row = shares.subarray(image * clusterCount, (image + 1) * clusterCount)
    let total = 0
    for (let place = starts[image]; place < starts[image + 1]; place++) {
      row[clusters[others[place]]] += weights[place]
      total += weights[place]
    }
    const own = clusters[image]
    if (total === 0) row[own] = 1
    else for (let cluster = 0; cluster < clusterCount; cluster++) row[cluster] = Math.min(1, row[cluster] / total)
    const rival = row.indexOf(Math.max(...row))
    if (rival === own) continue
    // As much as the rival, and no less than a third.
    const both = row[own] + row[rival]
    row[own] = 0
    row[rival] = 0
    const equal = Math.max(both / 2, ...row)
    row[own] = equal
    row[rival] = Math.max(0, both - equal)
    for (let cluster = 0; cluster < clusterCount; cluster++) row[cluster] *= 1 - edge
    row[own] = Math.min(1, row[own] + edge)
  }
  return shares
}
