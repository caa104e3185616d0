import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { EngineClient } from '#shared/contract/contract.ts'
import type { ClassId, ClusterId } from '#shared/entities.ts'
import { engineClient } from '../client/engine-client.ts'
import { i18n } from '../locales/i18n.ts'
import { useClustersStore } from './clusters.ts'
import { useEditsStore } from './edits.ts'
import { useEngineStore } from './engine.ts'
import { createTurns } from './turns.ts'

export type Proposal = Awaited<ReturnType<EngineClient['mappings']['propose']>>[number]
type Contingency = Awaited<ReturnType<EngineClient['mappings']['contingency']>>

/** Which class each cluster has, what the labelled images propose, and where clusters mix classes. */
export const useAlignmentStore = defineStore('alignment', () => {
  const engine = useEngineStore()
  const edits = useEditsStore()
  const store = useClustersStore()
  const { t } = i18n.global
  const contingency = shallowRef<Contingency>()
  const proposed = shallowRef<readonly Proposal[]>([])
  const turns = createTurns()

  const labelledCount = computed(() => contingency.value?.counts.flat().reduce((sum, count) => sum + count, 0) ?? 0)
  /** Those that would change something. */
  const proposals = computed(() => proposed.value.filter(({ clusterId, classId }) => store.clusterOf(clusterId)?.classId !== classId))
  const proposalOf = computed(() => new Map(proposals.value.map((proposal) => [proposal.clusterId, proposal])))

  async function load(): Promise<void> {
    const isLatest = turns.take()
    if (!engine.project || engine.project.currentClusteringId === null) {
      contingency.value = undefined
      proposed.value = []
      return
    }
    try {
      const [latest, latestProposals] = await Promise.all([engineClient.mappings.contingency(), engineClient.mappings.propose()])
      if (!isLatest()) return
      contingency.value = latest
      proposed.value = latestProposals
    } catch {
      // The frame says that the engine is gone; the next revision reads again.
    }
  }
  watch(() => engine.revision, load, { immediate: true })

  /** How many labelled images a cluster holds, and how many of them have another class than this one. */
  function mixOf(clusterId: ClusterId, classId: ClassId): { labelled: number; foreign: number } {
    const table = contingency.value
    const column = table?.clusterIds.indexOf(clusterId) ?? -1
    if (!table || column < 0) return { labelled: 0, foreign: 0 }
    const labelled = table.counts.reduce((sum, counts) => sum + (counts[column] ?? 0), 0)
    return { labelled, foreign: labelled - (table.counts[table.classIds.indexOf(classId)]?.[column] ?? 0) }
  }

  function assign(clusterId: ClusterId, classId: ClassId | null) {
    const cluster = store.clusterOf(clusterId)?.name ?? ''
    const name = classId === null ? undefined : store.classOf(classId)?.name
    return edits.apply(
      name === undefined ? t('align.done.unassigned', { cluster }) : t('align.done.assigned', { cluster, class: name }),
      () => engineClient.mappings.set({ clusterId, classId }),
    )
  }

  function accept(chosen: readonly Proposal[]) {
    return edits.apply(t('align.done.applied', { count: chosen.length }, chosen.length), () =>
      engineClient.mappings.apply({ mappings: chosen.map(({ clusterId, classId }) => ({ clusterId, classId })) }),
    )
  }

  return { contingency, labelledCount, proposals, proposalOf, mixOf, assign, accept }
})
