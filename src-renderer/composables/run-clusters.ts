import { shallowRef, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { colourOf } from '#shared/colours.ts'
import type { RunId } from '#shared/entities.ts'
import { engineClient } from '../client/engine-client.ts'
import { useClustersStore } from '../stores/clusters.ts'
import { useEngineStore } from '../stores/engine.ts'
import { useFormats } from './formats.ts'

/** Name and colour of the clusters of a run by their place in the model's output, from 0: their own where the page shows that run's. */
export function useRunClusters(runId: () => RunId) {
  const { t } = useI18n()
  const { number } = useFormats()
  const engine = useEngineStore()
  const clusters = useClustersStore()
  const isShown = shallowRef(false)
  watch(
    () => [engine.revision, runId()],
    async () => {
      const clusterings = await engineClient.clusterings.list().catch(() => [])
      isShown.value = clusterings.some((clustering) => clustering.isCurrent && clustering.runId === runId())
    },
    { immediate: true },
  )
  return (place: number): Readonly<{ name: string; colour: string }> => {
    const own = isShown.value ? clusters.clusters.find(({ index }) => index === place) : undefined
    return own ?? { name: t('run.choices.cluster', { number: number(place + 1) }), colour: colourOf(place + 1) }
  }
}
