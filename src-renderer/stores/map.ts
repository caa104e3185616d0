import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { Layout, MapColumnName } from '#shared/contract/layouts.ts'
import { engineClient, fetchBytes } from '../client/engine-client.ts'
import { byBand, byConfidence, byId, bySource, type Categories, type Colouring, colourings } from '../components/map/map-colours.ts'
import { createPointIndex } from '../components/map/point-index.ts'
import { readJson, writeJson } from './browser-storage.ts'
import { useClustersStore } from './clusters.ts'
import { useEngineStore } from './engine.ts'
import { useNoticesStore } from './notices.ts'
import { createTurns } from './turns.ts'

const computingPauseMs = 400
const columnOf = {
  cluster: 'clusterIds',
  class: 'classIds',
  confidence: 'confidences',
  reliability: 'bands',
  source: 'sources',
} as const satisfies Record<Colouring, MapColumnName>

type Column = Int32Array | Float32Array | Uint8Array
const columnTypes = { int32: Int32Array, float32: Float32Array, uint8: Uint8Array } as const

/** The plane of images and how it is coloured: where each lies, and to which entry of the legend it belongs. */
export const useMapStore = defineStore('map', () => {
  const engine = useEngineStore()
  const clusters = useClustersStore()
  const notices = useNoticesStore()
  const layout = shallowRef<Layout>()
  /** `[images, 2]`, in order of `imageIds`. */
  const positions = shallowRef<Float32Array>(new Float32Array())
  const imageIds = shallowRef<Int32Array>(new Int32Array())
  const column = shallowRef<Readonly<{ colouring: Colouring; values: Column }>>()
  const colouring = ref<Colouring>(colourings.find((known) => known === readJson('mapColouring')) ?? 'cluster')
  /** Keys of the entries whose images are not shown. */
  const hidden = shallowRef<ReadonlySet<string>>(new Set())
  const isWanted = ref(false)
  let fetchedUrls: Readonly<{ positions: string; columns: ReadonlyMap<string, Column> }> = { positions: '', columns: new Map() }
  const turns = createTurns()
  /** A person stopped it: it begins again when they say so. */
  let isStopped = false
  let timer: number | undefined

  const isReady = computed(
    () => positions.value.length > 0 && positions.value.length === 2 * imageIds.value.length && column.value !== undefined,
  )

  const colours = computed<Categories>(() => {
    const known = column.value
    if (!known) return { categories: [], indices: new Uint16Array() }
    switch (known.colouring) {
      case 'cluster':
        return byId(known.values as Int32Array, clusters.clusters)
      case 'class':
        return byId(known.values as Int32Array, clusters.classes)
      case 'confidence':
        return byConfidence(known.values as Float32Array)
      case 'reliability':
        return byBand(known.values as Uint8Array)
      case 'source':
        return bySource(known.values as Uint8Array)
    }
  })
  /** What the colours stand for now; another choice follows as soon as its column is there. */
  const shownColouring = computed(() => column.value?.colouring ?? colouring.value)
  const isCategoryShown = computed(() => Uint8Array.from(colours.value.categories, ({ key }) => (hidden.value.has(key) ? 0 : 1)))
  const index = computed(() => createPointIndex(positions.value))
  /** `[images]` 1 where the image is shown. */
  const shown = computed(() => {
    const { indices } = colours.value
    const flags = isCategoryShown.value
    const found = new Uint8Array(indices.length)
    for (let row = 0; row < indices.length; row++) found[row] = flags[indices[row]]
    return found
  })

  async function load(): Promise<void> {
    if (!isWanted.value || !engine.project) return
    window.clearTimeout(timer)
    const isLatest = turns.take()
    let found: Layout
    try {
      found = await engineClient.layouts.get()
      if (found.state.kind === 'absent' && !isStopped) found = await engineClient.layouts.compute()
    } catch {
      // The frame says that the engine is gone; the next revision reads again.
      return
    }
    if (!isLatest()) return
    const { state, runId } = found
    if (runId !== layout.value?.runId || state.kind !== 'ready') clear()
    layout.value = found
    if (state.kind === 'computing') timer = window.setTimeout(load, computingPauseMs)
    if (state.kind === 'ready') await notices.attempt(() => fetchColumns(isLatest, state.url))
  }

  async function fetchColumns(isLatest: () => boolean, positionsUrl: string): Promise<void> {
    const { columns } = await engineClient.layouts.columns()
    const wanted = colouring.value
    const addressOf = (name: MapColumnName) => columns.find((known) => known.name === name)
    const fetched = new Map<string, Column>()
    const fetchColumn = async (name: MapColumnName): Promise<Column> => {
      const { url, type } = addressOf(name) as { url: string; type: keyof typeof columnTypes }
      const values = fetchedUrls.columns.get(url) ?? new columnTypes[type](await fetchBytes(url))
      fetched.set(url, values)
      return values
    }
    const [ids, values, points] = await Promise.all([
      fetchColumn('imageIds'),
      fetchColumn(columnOf[wanted]),
      fetchedUrls.positions === positionsUrl ? positions.value : fetchBytes(positionsUrl).then((bytes) => new Float32Array(bytes)),
    ])
    if (!isLatest()) return
    fetchedUrls = { positions: positionsUrl, columns: fetched }
    positions.value = points
    imageIds.value = ids as Int32Array
    column.value = { colouring: wanted, values }
  }

  function clear(): void {
    positions.value = new Float32Array()
    imageIds.value = new Int32Array()
    column.value = undefined
    fetchedUrls = { positions: '', columns: new Map() }
  }
  watch(() => engine.revision, load)
  watch(
    () => engine.project?.id,
    () => {
      layout.value = undefined
      isStopped = false
      clear()
    },
  )
  watch(colouring, (wanted) => {
    hidden.value = new Set()
    writeJson('mapColouring', wanted)
    void load()
  })

  function toggle(key: string): void {
    const next = new Set(hidden.value)
    if (!next.delete(key)) next.add(key)
    hidden.value = next
  }

  /** Shows this entry alone; again, everything. */
  function isolate(key: string): void {
    const others = colours.value.categories.map((category) => category.key).filter((other) => other !== key)
    const isAlone = !hidden.value.has(key) && others.every((other) => hidden.value.has(other))
    hidden.value = new Set(isAlone ? [] : others)
  }

  function showAll(): void {
    hidden.value = new Set()
  }

  /** The page shows the map, or no longer does. */
  function want(wanted: boolean): void {
    isWanted.value = wanted
    if (wanted) void load()
    else window.clearTimeout(timer)
  }

  async function compute(): Promise<void> {
    isStopped = false
    await notices.attempt(() => engineClient.layouts.compute())
    await load()
  }

  async function cancel(): Promise<void> {
    isStopped = true
    await notices.attempt(() => engineClient.layouts.cancel())
    await load()
  }

  return {
    layout,
    positions,
    imageIds,
    colouring,
    shownColouring,
    colours,
    hidden,
    isCategoryShown,
    isReady,
    shown,
    index,
    toggle,
    isolate,
    showAll,
    want,
    compute,
    cancel,
  }
})
