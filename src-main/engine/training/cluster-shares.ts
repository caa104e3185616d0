import { shareSeriesOf } from '#shared/cluster-shares.ts'
import type { RunHost } from './run-context.ts'

/** How many images are in each of the clusters 0 to `clusterCount` - 1. */
export function countClusters(clusters: ArrayLike<number>, clusterCount: number): number[] {
  const counts = new Array<number>(clusterCount).fill(0)
  for (let image = 0; image < clusters.length; image++) counts[clusters[image]]++
  return counts
}

/** Sizes of clusters as metrics: the share of each, 0-1, all together 1. */
export function shareMetrics(counts: readonly number[]): Record<string, number> {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return Object.fromEntries(counts.map((count, cluster) => [shareSeriesOf(cluster), count / total]))
}

/** Tells the sizes of clusters over a stage, about `reports` times, each time by what was said of images since the last. */
export function createShareReports(clusterCount: number, totalSteps: number, reports: number, host: Pick<RunHost, 'metrics'>) {
  const stepsPerReport = Math.ceil(totalSteps / reports)
  let counts = countClusters([], clusterCount)
  return {
    /** @param clusters What this step said, from 0. */
    add(step: number, clusters: ArrayLike<number>): void {
      const added = countClusters(clusters, clusterCount)
      counts = counts.map((count, cluster) => count + added[cluster])
      if ((step + 1) % stepsPerReport > 0 && step + 1 < totalSteps) return
      host.metrics(step + 1, shareMetrics(counts))
      counts = countClusters([], clusterCount)
    },
    /** What is counted and not told yet, for a checkpoint. */
    state: (): readonly number[] => counts,
    /** @param state Undefined in a checkpoint of before. */
    restore(state: unknown): void {
      counts = (state as number[] | undefined) ?? countClusters([], clusterCount)
    },
  }
}
