import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { EngineClient } from '#shared/contract/contract.ts'
import type { ClusterId, ImageId } from '#shared/entities.ts'
import { engineClient } from '../client/engine-client.ts'
import { i18n } from '../locales/i18n.ts'
import { useEditsStore } from './edits.ts'
import { useEngineStore } from './engine.ts'
import { useNoticesStore } from './notices.ts'
import { createTurns } from './turns.ts'

type Diff = Awaited<ReturnType<EngineClient['diff']['get']>>
export type Contradiction = Awaited<ReturnType<EngineClient['diff']['contradictions']>>['contradictions'][number]

const pageSize = 60

/** What the last run changed, and where it contradicts a person. */
export const useDiffStore = defineStore('diff', () => {
  const engine = useEngineStore()
  const edits = useEditsStore()
  const notices = useNoticesStore()
  const { t } = i18n.global
  const diff = shallowRef<Diff>()
  const open = shallowRef<readonly Contradiction[]>([])
  const next = shallowRef<string | null>(null)
  const turns = createTurns()

  const moved = computed(() => diff.value?.flows.filter(({ fromClusterId, toClusterId }) => fromClusterId !== toClusterId) ?? [])
  const clusterById = computed(() => new Map(diff.value?.clusters.map((cluster) => [cluster.id, cluster])))
  const clusterOf = (id: ClusterId) => clusterById.value.get(id)

  async function load(): Promise<void> {
    const isLatest = turns.take()
    if (!engine.project || engine.project.currentClusteringId === null) {
      diff.value = undefined
      open.value = []
      next.value = null
      return
    }
    try {
      const [latest, page] = await Promise.all([engineClient.diff.get(), engineClient.diff.contradictions({ limit: pageSize })])
      if (!isLatest()) return
      diff.value = latest
      open.value = page.contradictions
      next.value = page.next
    } catch {
      // The frame says that the engine is gone; the next revision reads again.
    }
  }
  watch(() => engine.revision, load, { immediate: true })

  async function more(): Promise<void> {
    const after = next.value
    if (after === null) return
    const page = await notices.attempt(() => engineClient.diff.contradictions({ limit: pageSize, after }))
    // Read anew meanwhile: the page after it is another one.
    if (!page || after !== next.value) return
    open.value = [...open.value, ...page.contradictions]
    next.value = page.next
  }

  /** `imageIds` left out: all that are open. */
  function decide(choice: 'mine' | 'new', imageIds?: ImageId[]) {
    const count = imageIds?.length ?? diff.value?.contradictions.open ?? 0
    return edits.apply(t(`diff.done.${choice}`, { count }, count), () =>
      engineClient.diff.decide({ choice, ...(imageIds ? { imageIds } : {}) }),
    )
  }

  return { diff, open, next, moved, clusterOf, more, decide }
})
