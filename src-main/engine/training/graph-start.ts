import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { clusterByGraph, type GraphClusterOptions, type GraphClusters, graphOfFeatures } from '#engine/clustering/graph-clusters.ts'
import { propagateLabels } from '#engine/clustering/label-propagation.ts'
import { modularity, raiseModularity } from '#engine/clustering/modularity.ts'
import type { Follow } from '#engine/clustering/pause.ts'
import { encodeGraph } from '#engine/clustering/stored-graph.ts'
import { deriveSeed } from '#engine/ml/random.ts'
import { toErrorData } from '#shared/errors.ts'
import type { StageTask } from '#shared/worker-protocol.ts'
import { type RunHost, runFiles, StageStopped } from './run-context.ts'

/** Memory for the similarities of one block while neighbours are sought. */
export const graphMemoryBytes = 256 * 2 ** 20

/**
 * The clusters that the graph of neighbours holds, from which heads start; where a person labelled images of as many classes as there are
 * clusters, their labels spread instead. Made again, the same, where a stage goes on; the graph is left in a file for those who look at the
 * results.
 *
 * @throws StageStopped.
 */
export async function startFromGraph(
  features: Embeddings,
  partDimensions: readonly number[],
  task: Pick<StageTask, 'clusterCount' | 'seed' | 'humanLabels'>,
  host: Pick<RunHost, 'files' | 'now' | 'progress' | 'shouldStop'>,
  decisions: Pick<GraphClusterOptions, 'targets' | 'agreement'>,
): Promise<GraphClusters> {
  const options = { clusterCount: task.clusterCount, partDimensions, memoryBytes: graphMemoryBytes, ...decisions }
  const found = await stoppable(host, 'clusters of the graph of neighbours', (follow) =>
    clusterByGraph(features, { ...options, seed: deriveSeed(task.seed, 'self-graph') }, follow),
  )
  host.files.write(runFiles.graph, encodeGraph(found.graph))
  return fromLabels(features, found, task, decisions.targets) ?? found
}

/** Long work of the clustering layer as part of a stage: it tells how far it is and stops when the stage shall. @throws StageStopped. */
export async function stoppable<Result>(
  host: Pick<RunHost, 'now' | 'progress' | 'shouldStop'>,
  note: string,
  work: (follow: Follow) => Promise<Result>,
): Promise<Result> {
  const startedAt = host.now()
  const follow = {
    onProgress(ratio: number) {
      const secondsLeft = ((host.now() - startedAt) / 1000 / Math.max(ratio, 1e-6)) * (1 - ratio)
      host.progress({ step: Math.round(100 * ratio), totalSteps: 100, imagesPerSecond: 0, secondsLeft, note })
    },
    signal: {
      get aborted() {
        return host.shouldStop()
      },
    },
  }
  try {
    return await work(follow)
  } catch (error) {
    if (toErrorData(error).code === 'CANCELLED') throw new StageStopped(0)
    throw error
  }
}

/** A cluster for each labelled class, in the order of their numbers; undefined where there are not as many classes as clusters. */
function fromLabels(
  features: Embeddings,
  { graph, clusters: found }: GraphClusters,
  { humanLabels, clusterCount, seed }: Pick<StageTask, 'clusterCount' | 'seed' | 'humanLabels'>,
  targets: GraphClusterOptions['targets'],
): GraphClusters | undefined {
  const numbers = [...new Set(humanLabels)].filter((label) => label >= 0).sort((left, right) => left - right)
  if (numbers.length !== clusterCount) return undefined
  const places = new Map(numbers.map((label, place) => [label, place]))
  const labels = humanLabels.map((label) => places.get(label) ?? -1)
  const { classes } = propagateLabels({ graph, clusters: found, features }, labels, clusterCount, deriveSeed(seed, 'labels'))
  // What a person moved by hand stays too.
  const clusters = targets ? raiseModularity(graph, classes, clusterCount, deriveSeed(seed, 'moved'), targets(classes)) : classes
  return { graph, clusters, modularity: modularity(graph, clusters, clusterCount) }
}

/** Share of the modularity that a classifier may lose: it says the same of the images as of new ones, which is worth a little. */
const leeway = 0.02

/**
 * The modularity of clusters, of others of the same number before them, and whether it is clearly worse; on the graph of features that
 * nothing has changed since.
 */
export async function compareOnGraph(
  clusters: Int32Array,
  before: Int32Array,
  features: Embeddings,
  partDimensions: readonly number[],
  { clusterCount, seed }: Pick<StageTask, 'clusterCount' | 'seed'>,
): Promise<{ classifier: number; before: number; isWorse: boolean }> {
  const { graph } = await graphOfFeatures(features, {
    clusterCount,
    partDimensions,
    memoryBytes: graphMemoryBytes,
    seed: deriveSeed(seed, 'self-graph'),
  })
  const [after, earlier] = [modularity(graph, clusters, clusterCount), modularity(graph, before, clusterCount)]
  return { classifier: after, before: earlier, isWorse: after < (1 - leeway) * earlier }
}
