import { deriveSeed } from '#engine/ml/random.ts'
import { tieOf, weightsBetween } from './cluster-ties.ts'
import { type Embeddings, rowsOf } from './embeddings.ts'
import { modularity, raiseModularity } from './modularity.ts'
import type { NeighbourGraph } from './neighbour-graph.ts'
import { type Follow, partOf, pause } from './pause.ts'
import { followedPlainKMeans } from './plain-k-means.ts'

/** Pairs and clusters that are tried in a round, the most promising first. */
const triedPairs = 4
const triedSplits = 4
const rounds = 10
/** What becomes one is tied at least this much as closely as what is parted. */
const leastTie = 0.1
const iterations = 20

type Merge = Readonly<{ keep: number; leave: number; loss: number; tie: number }>
/** `gain`: how much modularity rises, mostly below 0. */
type Split = Readonly<{ cluster: number; leaving: Int32Array; gain: number; tie: number }>

/**
 * Better clusters of the same number: two that belong together become one, and one that holds two is split, as long as modularity rises.
 * Single images that move never find this, since every step between is worse. What becomes one must be tied a tenth as closely as
 * what is parted (weight between both, as a share of the smaller one): modularity alone would cut a large cluster and join small strangers.
 *
 * @param points Where clusters are split, by 2-means; few dimensions.
 * @param clusters `[count]`, none empty.
 * @returns `[count]` clusters of at least the same modularity.
 * @throws CANCELLED.
 * @source Our own; the merging of k-means clusters with splits of others is that of ISODATA (Ball & Hall 1965).
 */
export async function swapClusters(
  graph: NeighbourGraph,
  points: Embeddings,
  clusters: Int32Array,
  clusterCount: number,
  seed: number,
  fixed?: Int32Array,
  follow: Follow = {},
): Promise<Int32Array> {
  let best = clusters
  let bestModularity = modularity(graph, best, clusterCount)
  for (let round = 0; round < rounds; round++) {
    const before = { clusters: best, modularity: bestModularity }
    const merges = bestMerges(graph, best, clusterCount).slice(0, triedPairs)
    const splits = (
      await bestSplits(graph, points, best, clusterCount, deriveSeed(seed, round), partOf(follow, round / rounds, (round + 0.5) / rounds))
    ).slice(0, triedSplits)
    let tried = 0
    for (const { keep, leave, tie: joined } of merges)
      for (const { cluster, leaving, tie: parted } of splits) {
        await pause(follow, (round + 0.5 + 0.5 * (tried++ / (merges.length * splits.length))) / rounds)
        if (cluster === keep || cluster === leave || joined < leastTie * parted) continue
        const next = before.clusters.map((own) => (own === leave ? keep : own))
        for (const image of leaving) next[image] = leave
        const moved = raiseModularity(graph, next, clusterCount, deriveSeed(seed, round, keep, leave, cluster), fixed)
        const found = modularity(graph, moved, clusterCount)
        if (found > bestModularity + 1e-9) {
          best = moved
          bestModularity = found
        }
      }
    if (bestModularity === before.modularity) break
  }
  return best
}

/** All pairs of clusters, those first that lose least modularity by becoming one. */
function bestMerges(graph: NeighbourGraph, clusters: Int32Array, clusterCount: number): Merge[] {
  const { between, volumes, total } = weightsBetween(graph, clusters, clusterCount)
  const pairs: Merge[] = []
  for (let keep = 0; keep < clusterCount; keep++)
    for (let leave = keep + 1; leave < clusterCount; leave++) {
      const shared = between[keep * clusterCount + leave]
      const tie = tieOf(shared, volumes[keep], volumes[leave])
      pairs.push({ keep, leave, loss: (volumes[keep] * volumes[leave]) / total - shared, tie })
    }
  return pairs.sort((left, right) => left.loss - right.loss || left.keep - right.keep || left.leave - right.leave)
}

/**
 * Each cluster that can be split, with the half that leaves; those first that gain most modularity, or lose least. Only the edges of the
 * cluster itself are looked at.
 *
 * @throws CANCELLED.
 */
export async function bestSplits(
  graph: NeighbourGraph,
  points: Embeddings,
  clusters: Int32Array,
  clusterCount: number,
  seed: number,
  follow: Follow = {},
): Promise<Split[]> {
  const { starts, others, weights } = graph
  const total = Math.max(
    Number.MIN_VALUE,
    weights.reduce((sum, weight) => sum + weight, 0),
  )
  const isLeaving = new Uint8Array(graph.count)
  const splits: Split[] = []
  for (const [cluster, members] of membersOf(clusters, clusterCount).entries()) {
    if (members.length < 4) continue
    const tell = partOf(follow, cluster / clusterCount, (cluster + 1) / clusterCount)
    const sides = (await followedPlainKMeans(rowsOf(points, members), 2, iterations, deriveSeed(seed, cluster), tell)).clusters
    const leaving = members.filter((_, member) => sides[member] === 1)
    if (leaving.length === 0 || leaving.length === members.length) continue
    for (const image of leaving) isLeaving[image] = 1
    const volumes = [0, 0]
    let cut = 0
    for (const image of members)
      for (let edge = starts[image]; edge < starts[image + 1]; edge++) {
        const other = others[edge]
        volumes[isLeaving[image]] += weights[edge]
        if (isLeaving[image] && clusters[other] === cluster && !isLeaving[other]) cut += weights[edge]
      }
    const gain = (2 * (volumes[0] / total) * volumes[1] - 2 * cut) / total
    splits.push({ cluster, leaving, gain, tie: tieOf(cut, volumes[0], volumes[1]) })
  }
  return splits.sort((left, right) => right.gain - left.gain || left.cluster - right.cluster)
}

/** The images of each cluster, in ascending order. */
function membersOf(clusters: Int32Array, clusterCount: number): Int32Array[] {
  const sizes = new Int32Array(clusterCount)
  for (const cluster of clusters) sizes[cluster]++
  const members = Array.from(sizes, (size) => new Int32Array(size))
  sizes.fill(0)
  clusters.forEach((cluster, image) => {
    members[cluster][sizes[cluster]++] = image
  })
  return members
}
