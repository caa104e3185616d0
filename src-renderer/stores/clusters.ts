import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { ClassEntity, ClassId, Cluster, ClusterId } from '#shared/entities.ts'
import { engineClient } from '../client/engine-client.ts'
import { useEngineStore } from './engine.ts'
import { createTurns } from './turns.ts'

/** The clusters and classes of the open project: a copy that is read again whenever the project changed. */
export const useClustersStore = defineStore('clusters', () => {
  const engine = useEngineStore()
  const clusters = shallowRef<readonly Cluster[]>([])
  const classes = shallowRef<readonly ClassEntity[]>([])
  const isLoaded = shallowRef(false)
  const turns = createTurns()

  const byId = computed(() => new Map(clusters.value.map((cluster) => [cluster.id, cluster])))
  const classById = computed(() => new Map(classes.value.map((entity) => [entity.id, entity])))
  const clusterOf = (id: ClusterId): Cluster | undefined => byId.value.get(id)
  const classOf = (id: ClassId): ClassEntity | undefined => classById.value.get(id)

  async function load(): Promise<void> {
    const isLatest = turns.take()
    if (!engine.project) {
      clusters.value = []
      classes.value = []
      isLoaded.value = false
      return
    }
    try {
      const hasClustering = engine.project.currentClusteringId !== null
      const [latest, latestClasses] = await Promise.all([hasClustering ? engineClient.clusters.list() : [], engineClient.classes.list()])
      if (!isLatest()) return
      clusters.value = latest
      classes.value = latestClasses
      isLoaded.value = true
    } catch {
      // The engine is gone or the project was closed: the frame says so, and the next revision reads again.
    }
  }
  watch(() => [engine.revision, engine.project?.id], load, { immediate: true })

  return { clusters, classes, isLoaded, clusterOf, classOf, load }
})
