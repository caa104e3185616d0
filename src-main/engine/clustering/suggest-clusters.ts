import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import { SpicerackError } from '#shared/errors.ts'
import { type Message, say } from '#shared/said.ts'
import { checkEmbeddings, type Embeddings, rowsOf } from './embeddings.ts'
import { adjustedRandIndex, contingencyTable } from './metrics.ts'
import { type Follow, pause } from './pause.ts'
import { nearestPlainCentroids, type PlainKMeans, plainKMeans } from './plain-k-means.ts'
import { toPrincipalCoordinates } from './principal-coordinates.ts'
import { distanceTable, meanSilhouette } from './silhouette.ts'

type ClusterSuggestion = Readonly<{
  clusterCount: number
  /** How much better than chance its clusters are, 0-1; comparable within one call only. */
  score: number
  /** Why, in a sentence for a person. */
  reason: Message
}>

/** What one number of clusters gives on the images, or on the reference. */
type Quality = Readonly<{
  /** Mean silhouette, -1 to 1. */
  separation: number
  /** Mean adjusted Rand index between k-means on different halves. */
  stability: number
}>

type Trial = Quality & Readonly<{ clusterCount: number; reference: Quality; score: number }>

const sampleCount = 1000
const axisCount = 24
/** Each round has its own sample, reference and halves; the scores are averaged. */
const rounds = 3
const halfRuns = 4
const iterations = 15
const mostClusters = 100
/** Numbers of clusters that are tried: all the small ones, then about a fifth more each time. */
const ladder = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20, 24, 28, 32, 40, 50, 64, 80, 100] as const
/** Below these excesses over the reference no number stands out: noise reaches them. */
const leastSeparation = 0.02
const leastStability = 0.05
/** The smallest number whose score is at least this share of the best is suggested: beyond it little is gained. */
const enoughRatio = 0.95
/** What is suggested where nothing stands out. */
const fallbackCount = 10

/**
 * Numbers of clusters worth trying, without any label: the suggested one first, then one with fewer and one with more clusters where there
 * is room. The same seed gives the same answer. Plain loops on samples of 1,000 images: needs no TensorFlow.
 *
 * Each number is judged by the silhouette and by how alike the clusters of different halves are; both favour few clusters even where there
 * are none, so that what counts is the excess over a reference in which each principal coordinate is shuffled among the images.
 *
 * @param embeddings Any vectors of the images: an embedding, or pixels.
 * @returns 1 to 3 suggestions, from 2 to min(100, images / 2); one only for 2 to 5 images, or where they are all equal.
 * @throws TOO_FEW_IMAGES below 2 images; BAD_INPUT when a value is not finite; CANCELLED.
 * @source Tibshirani, Walther & Hastie 2001 (reference, section 3, choice b, here by shuffling); Rousseeuw 1987 (silhouette);
 *   Lange et al. 2004 (stability of halves).
 */
export async function suggestClusterCounts(
  embeddings: Embeddings,
  seed: number,
  follow: Follow = {},
): Promise<readonly ClusterSuggestion[]> {
  if (embeddings.count < 2) throw new SpicerackError('TOO_FEW_IMAGES', say('fewerThanTwoImages'), { advice: say('addImages') })
  checkEmbeddings(embeddings)
  let counts: readonly number[] = []
  const found: Trial[][] = []
  for (let round = 0; round < rounds; round++) {
    const points = samplePoints(embeddings, deriveSeed(seed, 'suggest', round))
    if (round === 0) {
      const most = Math.min(mostClusters, Math.floor(embeddings.count / 2), Math.floor(points.count / 2), distinctRows(points))
      if (most < 3) return [{ clusterCount: 2, score: 0, reason: fewReason(points) }]
      counts = ladder.filter((count) => count <= most)
    }
    const tell = { ...follow, onProgress: (ratio: number) => follow.onProgress?.((round + ratio) / rounds) }
    await pause(tell, 0)
    found.push(await trialsOf(points, counts, deriveSeed(seed, 'suggest', round), tell))
  }
  return choose(counts.map((_, place) => meanTrial(found.map((trials) => trials[place]))))
}

function samplePoints(embeddings: Embeddings, seed: number): Embeddings {
  const chosen = createRandom(deriveSeed(seed, 'sample')).shuffled(embeddings.count).subarray(0, sampleCount).sort()
  return toPrincipalCoordinates(rowsOf(embeddings, chosen), axisCount, deriveSeed(seed, 'axes'))
}

async function trialsOf(points: Embeddings, counts: readonly number[], seed: number, follow: Follow): Promise<Trial[]> {
  const reference = shuffledColumns(points, deriveSeed(seed, 'reference'))
  const distances = [distanceTable(points), distanceTable(reference)] as const
  await pause(follow, 0)
  const raw: Omit<Trial, 'score'>[] = []
  for (const clusterCount of counts) {
    const own = await qualityOf(points, distances[0], clusterCount, seed, follow, raw.length / counts.length)
    const other = await qualityOf(reference, distances[1], clusterCount, seed, follow, (raw.length + 0.5) / counts.length)
    raw.push({ clusterCount, ...own, reference: other })
  }
  return withScores(raw)
}

function meanTrial(trials: readonly Trial[]): Trial {
  const mean = (value: (trial: Trial) => number): number => trials.reduce((sum, trial) => sum + value(trial), 0) / trials.length
  return {
    clusterCount: trials[0].clusterCount,
    separation: mean((trial) => trial.separation),
    stability: mean((trial) => trial.stability),
    reference: { separation: mean((trial) => trial.reference.separation), stability: mean((trial) => trial.reference.stability) },
    score: mean((trial) => trial.score),
  }
}

/** Silhouette of the best of several k-means, each on a random half, and the mean agreement of all pairs of them. */
async function qualityOf(
  points: Embeddings,
  distances: Float32Array,
  clusterCount: number,
  seed: number,
  follow: Follow,
  doneRatio: number,
): Promise<Quality> {
  const runs: Pick<PlainKMeans, 'clusters' | 'inertia'>[] = []
  for (let run = 0; run < halfRuns; run++) {
    const half = createRandom(deriveSeed(seed, 'half', run))
      .shuffled(points.count)
      .subarray(0, Math.ceil(points.count / 2))
    const { centroids } = plainKMeans(rowsOf(points, half), clusterCount, iterations, deriveSeed(seed, 'start', run, clusterCount))
    runs.push(nearestPlainCentroids(points, centroids))
    await pause(follow, doneRatio)
  }
  const best = runs.reduce((lowest, run) => (run.inertia < lowest.inertia ? run : lowest))
  let agreement = 0
  for (let left = 0; left < halfRuns; left++)
    for (let right = left + 1; right < halfRuns; right++)
      agreement += adjustedRandIndex(contingencyTable(runs[left].clusters, runs[right].clusters, clusterCount, clusterCount))
  return {
    separation: meanSilhouette(distances, best.clusters, clusterCount),
    stability: agreement / ((halfRuns * (halfRuns - 1)) / 2),
  }
}

/** Geometric mean of the excess silhouette and of the stability corrected for chance, each a share of its greatest, smoothed over the
 * numbers beside it. */
function withScores(raw: readonly Omit<Trial, 'score'>[]): Trial[] {
  const separations = raw.map((trial) => Math.max(0, trial.separation - trial.reference.separation))
  const stabilities = raw.map((trial) =>
    Math.max(0, (trial.stability - trial.reference.stability) / Math.max(1e-6, 1 - trial.reference.stability)),
  )
  const share = (values: readonly number[], place: number): number => values[place] / Math.max(...values, Number.MIN_VALUE)
  const scores = raw.map((_, place) => Math.sqrt(share(separations, place) * share(stabilities, place)))
  return raw.map((trial, place) => {
    const beside = [scores[place - 1] ?? scores[place], scores[place + 1] ?? scores[place]]
    return { ...trial, score: scores[place] / 2 + (beside[0] + beside[1]) / 4 }
  })
}

function choose(trials: readonly Trial[]): ClusterSuggestion[] {
  const standsOut = trials.some(
    (trial) =>
      trial.separation - trial.reference.separation > leastSeparation && trial.stability - trial.reference.stability > leastStability,
  )
  const best = standsOut
    ? firstGoodEnough(trials)
    : trials.reduce((near, trial) =>
        Math.abs(trial.clusterCount - fallbackCount) < Math.abs(near.clusterCount - fallbackCount) ? trial : near,
      )
  const { clusterCount } = best
  const fewer = bestOf(trials, (count) => count <= clusterCount * 0.75 && count >= clusterCount / 3)
  const more = bestOf(trials, (count) => count >= clusterCount * 1.3 && count <= clusterCount * 3)
  const first = standsOut ? say('suggestedDistinct', agreements(best)) : say('suggestedNone')
  return [
    { clusterCount, score: best.score, reason: first },
    ...(fewer ? [toSuggestion(fewer, say('suggestedFewer', agreements(fewer)))] : []),
    ...(more ? [toSuggestion(more, say('suggestedMore', agreements(more)))] : []),
  ]
}

function firstGoodEnough(trials: readonly Trial[]): Trial {
  const greatest = Math.max(...trials.map((trial) => trial.score))
  return trials.find((trial) => trial.score >= enoughRatio * greatest)!
}

/** The greatest score, the smaller number on a tie. */
function bestOf(trials: readonly Trial[], isWanted: (clusterCount: number) => boolean): Trial | undefined {
  return trials
    .filter((trial) => isWanted(trial.clusterCount))
    .reduce<Trial | undefined>((best, trial) => (best && best.score >= trial.score ? best : trial), undefined)
}

function toSuggestion({ clusterCount, score }: Trial, reason: Message): ClusterSuggestion {
  return { clusterCount, score, reason }
}

function agreements({ stability, reference }: Trial): { agreement: string; chance: string } {
  return { agreement: stability.toFixed(2), chance: reference.stability.toFixed(2) }
}

function fewReason(points: Embeddings): Message {
  return say(distinctRows(points) < 2 ? 'suggestedAlike' : 'suggestedSmallest')
}

function distinctRows({ values, count, dimension }: Embeddings): number {
  return new Set(Array.from({ length: count }, (_, row) => values.subarray(row * dimension, (row + 1) * dimension).join())).size
}

/** Each column in an order of its own: the same spread along each axis, and no clusters beyond that. */
function shuffledColumns({ values, count, dimension }: Embeddings, seed: number): Embeddings {
  const shuffled = new Float32Array(values.length)
  for (let column = 0; column < dimension; column++)
    createRandom(deriveSeed(seed, column))
      .shuffled(count)
      .forEach((from, row) => {
        shuffled[row * dimension + column] = values[from * dimension + column]
      })
  return { values: shuffled, count, dimension }
}
