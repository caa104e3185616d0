import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { ImageTile } from '#shared/contract/images.ts'
import type { ClassEntity, ImageId } from '#shared/entities.ts'
import { engineClient, fetchImageIds } from '../client/engine-client.ts'
import { i18n } from '../locales/i18n.ts'
import { useClustersStore } from './clusters.ts'
import { useEditsStore } from './edits.ts'
import { useNoticesStore } from './notices.ts'

/** `uncertain`: least sure first; `examples`: a few typical ones of each cluster, so that clusters can be matched with classes. */
export const reviewModes = ['uncertain', 'examples', 'blocks'] as const
export type ReviewMode = (typeof reviewModes)[number]

/** How many of each cluster are worth a look before matching. */
const examplesPerCluster = 5
/** Tiles are asked for this far ahead: enough that the next image is there when its turn comes, or that sixteen alike are found. */
const aheadCounts: Readonly<Record<ReviewMode, number>> = { uncertain: 48, examples: 48, blocks: 480 }

/** The images to look at, one after the other, and what was said of each. */
export const useReviewStore = defineStore('review', () => {
  const edits = useEditsStore()
  const notices = useNoticesStore()
  const clusters = useClustersStore()
  const { t } = i18n.global
  const ids = shallowRef<readonly ImageId[]>([])
  const index = ref(0)
  const tiles = shallowRef<ReadonlyMap<ImageId, ImageTile>>(new Map())
  /** What was said of an image in this sitting. */
  const judged = shallowRef<ReadonlyMap<ImageId, string>>(new Map())
  const isLoading = ref(false)
  let aheadCount = aheadCounts.uncertain

  const current = computed(() => {
    const id = ids.value[index.value]
    return id === undefined ? undefined : tiles.value.get(id)
  })
  const isOver = computed(() => !isLoading.value && index.value >= ids.value.length)

  async function begin(mode: ReviewMode): Promise<void> {
    isLoading.value = true
    aheadCount = aheadCounts[mode]
    ids.value = []
    index.value = 0
    judged.value = new Map()
    tiles.value = new Map()
    const found = await notices.attempt(mode === 'examples' ? findExamples : findUncertain)
    ids.value = found ?? []
    await look()
    isLoading.value = false
  }

  async function findExamples(): Promise<ImageId[]> {
    const covers = await engineClient.clusters.covers({ count: examplesPerCluster })
    // One of each cluster in turn: whoever stops early has seen them all.
    return Array.from({ length: examplesPerCluster }, (_, rank) => covers.flatMap(({ imageIds }) => imageIds[rank] ?? [])).flat()
  }

  async function findUncertain(): Promise<ImageId[]> {
    const { url } = await engineClient.images.order({ sort: 'uncertain', filter: { status: 'ok', rejected: false, confirmed: false } })
    return Array.from(await fetchImageIds(url)) as ImageId[]
  }

  /** Asks for the tiles from here on that are not there yet. */
  async function look(): Promise<void> {
    const wanted = ids.value.slice(index.value, index.value + aheadCount).filter((id) => !tiles.value.has(id))
    if (wanted.length === 0) return
    const found = await notices.attempt(() => engineClient.images.tiles({ imageIds: wanted }))
    if (found) tiles.value = new Map([...tiles.value, ...found.map((tile) => [tile.id, tile] as const)])
  }

  function step(by: number): void {
    index.value = Math.min(ids.value.length, Math.max(0, index.value + by))
    if (ids.value.slice(index.value, index.value + aheadCount / 2).some((id) => !tiles.value.has(id))) void look()
  }

  function note(images: readonly ImageId[], verdict: string): void {
    judged.value = new Map([...judged.value, ...images.map((id) => [id, verdict] as const)])
  }

  function give(images: readonly ImageId[], entity: ClassEntity) {
    note(images, entity.name)
    return edits.apply(t('review.done.labelled', { class: entity.name }), () =>
      engineClient.labels.set({ imageIds: [...images], classId: entity.id }),
    )
  }

  function accept(images: readonly ImageId[]) {
    if (images.length === 0) return undefined
    note(images, t('review.accepted'))
    return edits.apply(t('review.done.accepted', { count: images.length }, images.length), () =>
      engineClient.assignments.confirm({ imageIds: [...images] }),
    )
  }

  function reject(images: readonly ImageId[]) {
    note(images, t('review.rejected'))
    return edits.apply(t('review.done.rejected', { count: images.length }, images.length), () =>
      engineClient.assignments.reject({ imageIds: [...images], rejected: true }),
    )
  }

  /** Undoes the last correction and goes back to the image that it was about. */
  async function undo(): Promise<void> {
    const last = [...judged.value.keys()].at(-1)
    await edits.undo()
    if (last === undefined) return
    judged.value = new Map([...judged.value].slice(0, -1))
    const place = ids.value.indexOf(last)
    if (place >= 0) index.value = place
  }

  /** What the model, or a person before, says of an image: its class, else its cluster. */
  function guessOf(tile: ImageTile): { name: string; colour: string } | undefined {
    const entity = tile.classId === null ? undefined : clusters.classOf(tile.classId)
    return entity ?? (tile.clusterId === null ? undefined : clusters.clusterOf(tile.clusterId))
  }

  return { ids, index, tiles, judged, isLoading, current, isOver, begin, step, give, accept, reject, undo, guessOf }
})
