import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { checkEmbeddings, type Embeddings, toUnitRows } from './embeddings.ts'
import { greedyCentroids, samplePoints, startingCentroids } from './k-means-start.ts'
import { type LloydOptions, lloyd, toPoints } from './lloyd.ts'
import { type Follow, pause } from './pause.ts'
import { splitCluster } from './split-cluster.ts'

export type KMeansOptions = Readonly<{
  /** 1 to count. */
  clusterCount: number
  /** `cosine` is spherical k-means: rows are normalised, and so are the centroids. */
  metric: 'cosine' | 'euclidean'
  /** Independent starts, of which the best is kept. */
  restarts: number
  /** Rounds of a start at most. */
  iterations: number
  seed: number
}>

export type KMeansResult = Readonly<{
  /** `[count]` 0 to clusterCount - 1. */
  clusters: Int32Array
  /** `[clusterCount, dimension]`; unit rows with the cosine metric. */
  centroids: Float32Array
  /** Sum over images of 1 - cosine, or of the squared distance, to their centroid. */
  inertia: number
}>

/**
 * Lloyd's k-means from k-means++ starts, the start of least inertia. The same seed gives the same clusters.
 * A cluster that runs empty takes half of the largest one; where there are fewer distinct points than clusters, some stay empty.
 *
 * @throws BAD_INPUT when a value is not finite; BAD_CLUSTER_COUNT when there are fewer images than clusters; CANCELLED.
 * @source Arthur & Vassilvitskii 2007. Differs from the paper: above 64 clusters several starting points are drawn at once;
 * a set of many thousands starts from a random sample of it, by the greedy form.
 */
export async function kMeans(embeddings: Embeddings, options: KMeansOptions, follow: Follow = {}): Promise<KMeansResult> {
  checkEmbeddings(embeddings)
  const { clusterCount, metric } = options
  if (!Number.isInteger(clusterCount) || clusterCount < 1 || clusterCount > embeddings.count)
    throw new SpicerackError('BAD_CLUSTER_COUNT', say('cannotDivideInto', { images: embeddings.count, clusters: clusterCount }), {
      advice: say('chooseHalf'),
    })
  const centre = metric === 'euclidean' ? columnMeans(embeddings) : new Float64Array(embeddings.dimension)
  const points = metric === 'euclidean' ? shifted(embeddings, centre) : toUnitRows(embeddings)
  const whole = toPoints(points)
  const roundsOf = (restart: number): LloydOptions => ({
    iterations: options.iterations,
    hasUnitCentroids: metric === 'cosine',
    fillEmpty: (clusters) => repairEmptyClusters(points, clusters, clusterCount),
    stop: () => (follow.signal?.aborted ? pause(follow, restart / options.restarts) : undefined),
  })
  let best: KMeansResult | undefined
  try {
    for (let restart = 0; restart < options.restarts; restart++) {
      const random = createRandom(deriveSeed(options.seed, 'k-means', restart))
      const sample = samplePoints(whole, clusterCount, random)
      let start: Float32Array
      try {
        start = sample ? await greedyCentroids(sample, clusterCount, random) : await startingCentroids(whole, clusterCount, random)
      } finally {
        sample?.tensor.dispose()
      }
      const result = await lloyd(whole, start, roundsOf(restart))
      const inertia = metric === 'cosine' ? result.inertia / 2 : result.inertia
      if (!best || inertia < best.inertia) best = { ...result, inertia }
      await pause(follow, (restart + 1) / options.restarts)
    }
  } finally {
    whole.tensor.dispose()
  }
  if (!best) throw new SpicerackError('INTERNAL', 'k-means needs at least one start.')
  for (let index = 0; index < best.centroids.length; index++) best.centroids[index] += centre[index % points.dimension]
  return best
}

/**
 * Gives each empty cluster half of the largest one, in place, as long as that holds two different points.
 *
 * @param isMovable Which images may change their cluster; all where it is left out. Of the two halves the one that has such images goes.
 */
export function repairEmptyClusters(
  points: Embeddings,
  clusters: Int32Array,
  clusterCount: number,
  isMovable: (image: number) => boolean = () => true,
): void {
  const counts = new Int32Array(clusterCount)
  for (const cluster of clusters) counts[cluster]++
  const whole = new Set<number>()
  for (let empty = 0; empty < clusterCount; empty++) {
    while (counts[empty] === 0) {
      let largest = -1
      for (let cluster = 0; cluster < clusterCount; cluster++)
        if (counts[cluster] > 1 && !whole.has(cluster) && (largest < 0 || counts[cluster] > counts[largest])) largest = cluster
      if (largest < 0) return
      const members: number[] = []
      for (let index = 0; index < clusters.length; index++) if (clusters[index] === largest) members.push(index)
      const sides = splitCluster(points, members)
      const leaving = [1, 0]
        .map((half) => members.filter((image, member) => sides?.[member] === half && isMovable(image)))
        .find((images) => images.length > 0)
      if (!leaving) {
        whole.add(largest)
        continue
      }
      for (const image of leaving) clusters[image] = empty
      counts[empty] += leaving.length
      counts[largest] -= leaving.length
    }
  }
}

function columnMeans(embeddings: Embeddings): Float64Array {
  const means = new Float64Array(embeddings.dimension)
  for (let index = 0; index < embeddings.values.length; index++) means[index % embeddings.dimension] += embeddings.values[index]
  return means.map((sum) => sum / embeddings.count)
}

function shifted(embeddings: Embeddings, by: Float64Array): Embeddings {
  return { ...embeddings, values: embeddings.values.map((value, index) => value - by[index % embeddings.dimension]) }
}
