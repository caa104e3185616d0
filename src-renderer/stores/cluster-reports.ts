import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { ClusterReport } from '#shared/contract/clusters.ts'
import type { ClusterId } from '#shared/entities.ts'
import { engineClient } from '../client/engine-client.ts'
import { useClustersStore } from './clusters.ts'
import { useEngineStore } from './engine.ts'
import { createTurns } from './turns.ts'

/** One piece of advice with the cluster it is about. */
export type ClusterAdvice = Readonly<
  { clusterId: ClusterId; isDismissed: boolean } & (
    | { kind: 'mixed'; sizes: readonly [number, number] }
    | { kind: 'same'; otherId: ClusterId }
  )
>

/** Pictures of each kind that the page shows of a cluster. */
const pictureCount = 8

/** What neighbours and heads say of each cluster; read again whenever the project changed. */
export const useClusterReportsStore = defineStore('clusterReports', () => {
  const engine = useEngineStore()
  const clusters = useClustersStore()
  const reports = shallowRef<ReadonlyMap<ClusterId, ClusterReport>>(new Map())
  const turns = createTurns()

  async function load(): Promise<void> {
    const isLatest = turns.take()
    if (!engine.project || engine.project.currentClusteringId === null) {
      reports.value = new Map()
      return
    }
    try {
      const latest = await engineClient.clusters.report({ count: pictureCount })
      if (isLatest()) reports.value = new Map(latest.map((report) => [report.clusterId, report]))
    } catch {
      // The frame says that the engine is gone; the next revision reads again.
    }
  }
  watch(() => engine.revision, load, { immediate: true })

  const reportOf = (id: ClusterId): ClusterReport | undefined => reports.value.get(id)
  /** Also what was dismissed. */
  const everyAdviceOf = (id: ClusterId): readonly ClusterAdvice[] =>
    reportOf(id)?.advice.map((advice) =>
      advice.kind === 'mixed' ? { clusterId: id, ...advice } : { ...advice, clusterId: id, otherId: advice.clusterId },
    ) ?? []
  const adviceOf = (id: ClusterId): readonly ClusterAdvice[] => everyAdviceOf(id).filter(({ isDismissed }) => !isDismissed)
  /** All of it, also what was dismissed, largest clusters first; of two clusters that look the same once. */
  const everyAdvice = computed<readonly ClusterAdvice[]>(() =>
    [...reports.value.values()]
      .toSorted((one, other) => other.imageCount - one.imageCount)
      .flatMap(({ clusterId }) => everyAdviceOf(clusterId))
      .filter((advice) => advice.kind === 'mixed' || mergeOrder(advice.clusterId, advice.otherId)[0] === advice.clusterId),
  )

  const advices = computed(() => everyAdvice.value.filter(({ isDismissed }) => !isDismissed))

  /** Two clusters with the one first that stays: the one that has a class, else the larger. */
  function mergeOrder(one: ClusterId, other: ClusterId): [ClusterId, ClusterId] {
    const weight = (id: ClusterId): number =>
      (clusters.clusterOf(id)?.classId == null ? 0 : Number.MAX_SAFE_INTEGER / 2) + (clusters.clusterOf(id)?.imageCount ?? 0)
    return weight(other) > weight(one) || (weight(other) === weight(one) && other < one) ? [other, one] : [one, other]
  }

  return { reportOf, adviceOf, everyAdviceOf, advices, everyAdvice, mergeOrder }
})
