import { defineStore } from 'pinia'
import { shallowRef, watch } from 'vue'
import type { ClusterId } from '#shared/entities.ts'
import { engineClient } from '../client/engine-client.ts'
import { useEngineStore } from './engine.ts'
import { createTurns } from './turns.ts'

/** How many pictures stand for a cluster; the wall shows nine and flips to the rest. */
const coverCount = 18

/** The typical images of each cluster, most typical first. */
export const useCoversStore = defineStore('covers', () => {
  const engine = useEngineStore()
  const covers = shallowRef<ReadonlyMap<ClusterId, readonly string[]>>(new Map())

  const turns = createTurns()

  async function load(): Promise<void> {
    const isLatest = turns.take()
    if (!engine.project || engine.project.currentClusteringId === null) {
      covers.value = new Map()
      return
    }
    try {
      const latest = await engineClient.clusters.covers({ count: coverCount })
      if (isLatest()) covers.value = new Map(latest.map(({ clusterId, thumbnailUrls }) => [clusterId, thumbnailUrls]))
    } catch {
      // The frame says that the engine is gone; the next revision reads again.
    }
  }
  watch(() => engine.revision, load, { immediate: true })

  const urlsOf = (id: ClusterId): readonly string[] => covers.value.get(id) ?? []
  return { urlsOf }
})
