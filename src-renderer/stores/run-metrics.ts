import { defineStore } from 'pinia'
import { shallowRef, watch } from 'vue'
import type { RunId } from '#shared/entities.ts'
import type { StageName } from '#shared/jobs.ts'
import { engineClient } from '../client/engine-client.ts'
import { useEngineStore } from './engine.ts'

export type Point = Readonly<{ step: number; value: number }>
export type Series = Readonly<{ stage: StageName; name: string; points: readonly Point[] }>

/** More points than any screen has columns of pixels show nothing more. */
const mostPoints = 4000

/** The curves of one run, as they grow. */
export const useRunMetricsStore = defineStore('runMetrics', () => {
  const engine = useEngineStore()
  const series = shallowRef<ReadonlyMap<string, Series>>(new Map())
  let following: { runId: RunId; stop: AbortController } | undefined

  /** Reads all points so far and then what comes; a lost connection is taken up again when the engine answers. */
  async function follow(runId: RunId): Promise<void> {
    if (following?.runId === runId) return
    following?.stop.abort()
    const stop = new AbortController()
    following = { runId, stop }
    series.value = new Map()
    try {
      for await (const { points } of await engineClient.runs.metrics({ runId }, { signal: stop.signal })) {
        if (stop.signal.aborted) return
        const next = new Map(series.value)
        for (const [key, added] of Map.groupBy(points, ({ stage, name }) => `${stage}/${name}`)) {
          const [{ stage, name }] = added
          next.set(key, { stage, name, points: thinned([...(next.get(key)?.points ?? []), ...added]) })
        }
        series.value = next
      }
    } catch {
      // Ended by us, or the engine is gone; the next change of the run begins again.
    }
    if (following?.stop === stop) following = undefined
  }

  watch(
    () => [engine.lastRun?.id, engine.connection, engine.lastRunJob?.state.kind],
    () => {
      if (engine.lastRun && engine.connection === 'connected') void follow(engine.lastRun.id)
    },
    { immediate: true },
  )

  return { series }
})

/** Every second point, and the last, where there are too many. */
function thinned(points: readonly Point[]): readonly Point[] {
  return points.length > mostPoints ? points.filter((_, place) => place % 2 === 0 || place === points.length - 1) : points
}
