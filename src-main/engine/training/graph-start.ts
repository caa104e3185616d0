import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { clusterByGraph, type GraphClusterOptions, type GraphClusters } from '#engine/clustering/graph-clusters.ts'
import { deriveSeed } from '#engine/ml/random.ts'
import { toErrorData } from '#shared/errors.ts'
import type { StageTask } from '#shared/worker-protocol.ts'
import { type RunHost, StageStopped } from './run-context.ts'

const memoryBytes = 256 * 2 ** 20

/**
 * The clusters that the graph of neighbours holds, from which heads start. Not kept in a file: made again, the same, where a stage goes on.
 *
 * @throws StageStopped.
 */
export async function startFromGraph(
  features: Embeddings,
  partDimensions: readonly number[],
  task: StageTask,
  host: RunHost,
  targets: Pick<GraphClusterOptions, 'targets'>,
): Promise<GraphClusters> {
  const startedAt = host.now()
  const follow = {
    onProgress(ratio: number) {
      const secondsLeft = ((host.now() - startedAt) / 1000 / Math.max(ratio, 1e-6)) * (1 - ratio)
      host.progress({
        step: Math.round(100 * ratio),
        totalSteps: 100,
        imagesPerSecond: 0,
        secondsLeft,
        note: 'clusters of the graph of neighbours',
      })
    },
    signal: {
      get aborted() {
        return host.shouldStop()
      },
    },
  }
  const options = { clusterCount: task.clusterCount, partDimensions, memoryBytes, ...targets }
  try {
    return await clusterByGraph(features, { ...options, seed: deriveSeed(task.seed, 'self-graph') }, follow)
  } catch (error) {
    if (toErrorData(error).code === 'CANCELLED') throw new StageStopped(0)
    throw error
  }
}
