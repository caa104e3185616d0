import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { propagateLabels } from '#engine/clustering/label-propagation.ts'
import type { NeighbourGraph } from '#engine/clustering/neighbour-graph.ts'
import type { OpenProject } from '#engine/database/project.ts'
import { readRunEmbedding } from '#engine/jobs/run-embedding.ts'
import { readRunGraph } from '#engine/jobs/run-graph.ts'
import type { RunId } from '#shared/entities.ts'
import { currentClustering } from './clusterings.ts'

export type LikelyClasses = Readonly<{
  /** `[clusters]` class that most images of each cluster are likely of, or -1. */
  classOfCluster: Int32Array
  /** `[clusters]` share of the images of the cluster that are likely of it, 0-1. */
  likely: Float32Array
}>

type RunFacts = Readonly<{ runId: RunId; graph: NeighbourGraph; features: Embeddings }>

const seed = 0
/** More images take longer than a person waits for an answer, and others wait meanwhile. */
const mostImages = 20_000
/** Graph and features of the run that was asked about last. */
const kept = new WeakMap<OpenProject, RunFacts>()

/**
 * The classes of all images of the current clustering, as far as the few labelled ones let one tell by neighbours, clusters and features.
 * While some cluster may be of a class that no image has yet, nothing is said of clusters without a labelled image.
 *
 * @returns Undefined before an image is labelled, and where there is no graph of these images or they are too many.
 */
export function likelyClasses(project: OpenProject, clusterIds: readonly number[], classIds: readonly number[]): LikelyClasses | undefined {
  const clustering = currentClustering(project)
  const facts = factsOf(project, clustering.runId)
  if (!facts) return undefined
  const imageIds = project.runs.imageIds(clustering.runId)
  const clusterOf = project.clusterings.clustersOf(clustering.id, imageIds)
  const clusterIndex = new Map(clusterIds.map((id, index) => [id, index]))
  const classIndex = new Map(classIds.map((id, index) => [id, index]))
  const given = new Map(project.labels.given().map(({ imageId, classId }) => [imageId, classIndex.get(classId) ?? -1]))
  const clusters = Int32Array.from(imageIds, (id) => clusterIndex.get(clusterOf.get(id) ?? -1) ?? -1)
  const labels = Int32Array.from(imageIds, (id) => given.get(id) ?? -1)
  const seen = new Set(labels)
  seen.delete(-1)
  if (seen.size === 0) return undefined
  const { classes } = propagateLabels({ ...facts, clusters }, labels, classIds.length, seed)
  const isKnown = new Uint8Array(clusterIds.length).fill(Number(seen.size >= clusterIds.length))
  labels.forEach((label, image) => {
    if (label >= 0 && clusters[image]! >= 0) isKnown[clusters[image]!] = 1
  })
  return mostLikely(clusters, classes, isKnown, classIds.length)
}

function mostLikely(clusters: Int32Array, classes: Int32Array, isKnown: Uint8Array, classCount: number): LikelyClasses {
  const counts = new Int32Array(isKnown.length * classCount)
  clusters.forEach((cluster, image) => {
    if (cluster >= 0) counts[cluster * classCount + classes[image]!]!++
  })
  const likely = new Float32Array(isKnown.length)
  const classOfCluster = new Int32Array(isKnown.length).fill(-1)
  for (let cluster = 0; cluster < isKnown.length; cluster++) {
    const row = counts.subarray(cluster * classCount, (cluster + 1) * classCount)
    const total = row.reduce((sum, count) => sum + count, 0)
    if (total === 0 || !isKnown[cluster]) continue
    classOfCluster[cluster] = row.indexOf(Math.max(...row))
    likely[cluster] = row[classOfCluster[cluster]!]! / total
  }
  return { classOfCluster, likely }
}

function factsOf(project: OpenProject, runId: RunId): RunFacts | undefined {
  const known = kept.get(project)
  if (known?.runId === runId) return known
  if (project.runs.get(runId).imageCount > mostImages) return undefined
  const graph = readRunGraph(project, runId)
  const features = graph && readRunEmbedding(project, runId)
  if (!graph || !features) return undefined
  const facts = { runId, graph, features }
  kept.set(project, facts)
  return facts
}
