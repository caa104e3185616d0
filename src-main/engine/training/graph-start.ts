import { type Embeddings, holdRows, type MadeRows } from '#engine/clustering/embeddings.ts'
import { clusterByGraph, type GraphClusterOptions, type GraphClusters, graphOfFeatures } from '#engine/clustering/graph-clusters.ts'
import { toLogarithms } from '#engine/clustering/label-opinions.ts'
import { propagateLabels } from '#engine/clustering/label-propagation.ts'
import { modularity, raiseModularity } from '#engine/clustering/modularity.ts'
import type { NeighbourGraph } from '#engine/clustering/neighbour-graph.ts'
import { decodeGraph, encodeGraph } from '#engine/clustering/stored-graph.ts'
import { deriveSeed } from '#engine/ml/random.ts'
import { say } from '#shared/said.ts'
import type { StageTask } from '#shared/worker-protocol.ts'
import { type RunFiles, type RunHost, runFiles } from './run-context.ts'
import { inHundredths, stoppable } from './stoppable.ts'

/** Memory for the similarities of one block while neighbours are sought. */
export const graphMemoryBytes = 256 * 2 ** 20

/**
 * The clusters that the graph of neighbours holds, from which heads start; where a person labelled images of as many classes as there are
 * clusters, their labels spread instead. Both are left in files: the clusters for a stage that goes on, the graph also for those who look at
 * the results.
 *
 * @throws StageStopped.
 */
export async function startFromGraph(
  features: Embeddings | MadeRows,
  partDimensions: readonly number[],
  task: Pick<StageTask, 'clusterCount' | 'seed' | 'humanLabels' | 'humanClusters'>,
  host: Pick<RunHost, 'files' | 'now' | 'progress' | 'shouldStop'>,
  decisions: Pick<GraphClusterOptions, 'targets' | 'agreement'>,
): Promise<GraphClusters> {
  const stored = storedStart(host.files, features.count, task.clusterCount)
  if (stored) return stored
  const options = { clusterCount: task.clusterCount, partDimensions, memoryBytes: graphMemoryBytes, ...decisions }
  const found = await stoppable(host, inHundredths(say('graphClusters')), (follow) =>
    clusterByGraph(features, { ...options, seed: deriveSeed(task.seed, 'self-graph') }, follow),
  )
  host.files.write(runFiles.graph, encodeGraph(found.graph))
  const start = fromLabels(features, found, task, decisions.targets) ?? found
  host.files.write(runFiles.startClusters, new Uint8Array(start.clusters.slice().buffer))
  return start
}

/** What {@link startFromGraph} left of the decisions that a run began with; undefined before it was done. */
function storedStart(files: Pick<RunFiles, 'read'>, count: number, clusterCount: number): GraphClusters | undefined {
  const graph = storedGraph(files)
  const stored = files.read(runFiles.startClusters)
  if (graph?.count !== count || stored?.length !== 4 * count) return undefined
  const clusters = new Int32Array(stored.slice().buffer)
  return { graph, clusters, modularity: modularity(graph, clusters, clusterCount) }
}

/** A cluster for each labelled class, in the order of their numbers; undefined where there are not as many classes as clusters. */
function fromLabels(
  features: Embeddings | MadeRows,
  { graph, clusters: found }: GraphClusters,
  { humanLabels, humanClusters, clusterCount, seed }: Pick<StageTask, 'clusterCount' | 'seed' | 'humanLabels' | 'humanClusters'>,
  targets: GraphClusterOptions['targets'],
): GraphClusters | undefined {
  const numbers = [...new Set(humanLabels)].filter((label) => label >= 0).sort((left, right) => left - right)
  if (numbers.length !== clusterCount) return undefined
  const places = new Map(numbers.map((label, place) => [label, place]))
  const labels = humanLabels.map((label) => places.get(label) ?? -1)
  const { classes, shares } = propagateLabels(
    { graph, clusters: found, features: holdRows(features) },
    labels,
    clusterCount,
    deriveSeed(seed, 'labels'),
  )
  // What a person moved by hand stays too; what labels say of the other images counts as before.
  const isMoved = humanClusters.some((cluster) => cluster >= 0)
  const clusters =
    isMoved && targets
      ? raiseModularity(graph, classes, clusterCount, deriveSeed(seed, 'moved'), targets(classes), toLogarithms(shares))
      : classes
  return { graph, clusters, modularity: modularity(graph, clusters, clusterCount) }
}

/** The graph that `startFromGraph` left; undefined in a run of before it was kept. */
export function storedGraph(files: Pick<RunFiles, 'read'>): NeighbourGraph | undefined {
  const stored = files.read(runFiles.graph)
  return stored && decodeGraph(stored)
}

/** The same graph, made again from the features. */
export async function makeGraph(
  features: Embeddings | MadeRows,
  partDimensions: readonly number[],
  { clusterCount, seed }: Pick<StageTask, 'clusterCount' | 'seed'>,
): Promise<NeighbourGraph> {
  const options = { clusterCount, partDimensions, memoryBytes: graphMemoryBytes, seed: deriveSeed(seed, 'self-graph') }
  return (await graphOfFeatures(features, options)).graph
}

export type GraphComparison = Readonly<{
  clusterCount: number
  /** Share that may be lost, 0-1. */
  leeway: number
  /** How well clusters fit what a person said, 0-1; counts as much as modularity. */
  agreement?: (clusters: Int32Array) => number
}>

/** The modularity of clusters, of others of the same number before them, and whether they lose more than the leeway. */
export function compareOnGraph(
  graph: NeighbourGraph,
  clusters: Int32Array,
  before: Int32Array,
  { clusterCount, leeway, agreement = () => 0 }: GraphComparison,
): { classifier: number; before: number; isWorse: boolean } {
  const [after, earlier] = [modularity(graph, clusters, clusterCount), modularity(graph, before, clusterCount)]
  return {
    ...{ classifier: after, before: earlier },
    isWorse: after + agreement(clusters) < (1 - leeway) * (earlier + agreement(before)),
  }
}
