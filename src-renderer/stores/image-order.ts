import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import type { EngineClient } from '#shared/contract/contract.ts'
import type { ImageId } from '#shared/entities.ts'
import { engineClient, fetchImageIds } from '../client/engine-client.ts'
import { useEngineStore } from './engine.ts'
import { useNoticesStore } from './notices.ts'
import { createTurns } from './turns.ts'

type OrderRequest = Parameters<EngineClient['images']['order']>[0]
export type ImageFilter = NonNullable<OrderRequest['filter']>
export type ImageOrderSort = NonNullable<OrderRequest['sort']>
export type Band = Awaited<ReturnType<EngineClient['images']['order']>>['bands'][number]

/** So many images are shown that look like one. */
const similarCount = 300

/** All images that match the filter, in order: what the grid shows and what "all" means. */
export const useImageOrderStore = defineStore('imageOrder', () => {
  const engine = useEngineStore()
  const notices = useNoticesStore()
  const filter = shallowRef<ImageFilter>({})
  const sort = ref<ImageOrderSort>('typical')
  const similarTo = ref<ImageId>()
  const ids = shallowRef<Int32Array>(new Int32Array())
  const bands = shallowRef<readonly Band[]>([])
  const isLoaded = ref(false)
  const turns = createTurns()
  let isWanted = false

  async function load(): Promise<void> {
    if (!engine.project || !isWanted) return
    const isLatest = turns.take()
    const found = await notices.attempt(async () => {
      if (similarTo.value !== undefined) return findSimilar(similarTo.value)
      const order = await engineClient.images.order({ filter: filter.value, sort: sort.value })
      return { ids: await fetchImageIds(order.url), bands: order.bands }
    })
    if (!isLatest() || !found) return
    ids.value = found.ids
    bands.value = found.bands
    isLoaded.value = true
  }
  watch(() => engine.revision, load)
  watch(
    () => engine.project?.id,
    () => {
      ids.value = new Int32Array()
      bands.value = []
      isLoaded.value = false
    },
  )

  async function findSimilar(imageId: ImageId): Promise<{ ids: Int32Array; bands: readonly Band[] }> {
    const similar = await engineClient.images.similar({ imageId, count: similarCount })
    return { ids: Int32Array.of(imageId, ...similar.map((found) => found.imageId)), bands: [] }
  }

  /** Asks for another order, or for what looks like an image, nearest first; resolves when it is there. */
  function show(wanted: ImageFilter, order: ImageOrderSort, like?: ImageId): Promise<void> {
    isWanted = true
    const isSame = JSON.stringify([wanted, order, like]) === JSON.stringify([filter.value, sort.value, similarTo.value])
    if (!isSame) isLoaded.value = false
    filter.value = wanted
    sort.value = order
    similarTo.value = like
    return load()
  }

  return { filter, sort, ids, bands, isLoaded, show }
})
