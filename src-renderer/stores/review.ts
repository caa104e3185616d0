import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { ImageTile } from '#shared/contract/images.ts'
import type { ClassEntity, ImageId } from '#shared/entities.ts'
import { engineClient, fetchImageIds } from '../client/engine-client.ts'
import { i18n } from '../locales/i18n.ts'
import { useClustersStore } from './clusters.ts'
import { useEditsStore } from './edits.ts'
import { useNoticesStore } from './notices.ts'
import { createTurns } from './turns.ts'

/** `uncertain`: least sure first; `examples`: a few typical ones of each cluster, so that clusters can be matched with classes. */
export const reviewModes = ['uncertain', 'examples', 'blocks'] as const
export type ReviewMode = (typeof reviewModes)[number]

/** How many of each cluster are worth a look before matching. */
const examplesPerCluster = 5
/** Tiles are asked for this far ahead: enough that the next image is there when its turn comes, or that sixteen alike are found. */
const aheadCounts: Readonly<Record<ReviewMode, number>> = { uncertain: 48, examples: 48, blocks: 480 }

/** What was said of some images at once; undone at once too. */
type Act = Readonly<{ imageIds: readonly ImageId[]; verdict: string; editId?: number | null }>

/** The images to look at, one after the other, and what was said of each. */
export const useReviewStore = defineStore('review', () => {
  const edits = useEditsStore()
  const notices = useNoticesStore()
  const clusters = useClustersStore()
  const { t } = i18n.global
  const mode = ref<ReviewMode>('uncertain')
  const ids = shallowRef<readonly ImageId[]>([])
  const index = ref(0)
  const tiles = shallowRef<ReadonlyMap<ImageId, ImageTile>>(new Map())
  /** In the order in which they were done in this sitting. */
  const acts = shallowRef<readonly Act[]>([])
  const isLoading = ref(false)
  const turns = createTurns()
  /** Up to here tiles were asked for by `lookFurther`. */
  let lookedTo = 0
  /** Answers reach the engine one after the other, so that undo undoes the last one. */
  let sending: Promise<unknown> = Promise.resolve()

  /** What was said of an image in this sitting, last. */
  const judged = computed(() => new Map(acts.value.flatMap(({ imageIds, verdict }) => imageIds.map((id) => [id, verdict] as const))))
  const current = computed(() => {
    const id = ids.value[index.value]
    return id === undefined ? undefined : tiles.value.get(id)
  })
  /** Blocks take images from everywhere, the others one after the other. */
  const isOver = computed(() => !isLoading.value && (mode.value === 'blocks' ? judged.value.size : index.value) >= ids.value.length)

  async function begin(wanted: ReviewMode): Promise<void> {
    const isLatest = turns.take()
    isLoading.value = true
    mode.value = wanted
    ids.value = []
    index.value = 0
    lookedTo = 0
    acts.value = []
    tiles.value = new Map()
    const found = await notices.attempt(wanted === 'examples' ? findExamples : findUncertain)
    if (!isLatest()) return
    ids.value = found ?? []
    await (wanted === 'blocks' ? lookFurther() : look())
    if (isLatest()) isLoading.value = false
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

  async function fetchTiles(wanted: readonly ImageId[]): Promise<void> {
    const of = ids.value
    const missing = wanted.filter((id) => !tiles.value.has(id))
    if (missing.length === 0) return
    const found = await notices.attempt(() => engineClient.images.tiles({ imageIds: missing }))
    // Another sitting may have begun.
    if (found && of === ids.value) tiles.value = new Map([...tiles.value, ...found.map((tile) => [tile.id, tile] as const)])
  }

  /** Asks for the tiles from here on that are not there yet. */
  const look = (): Promise<void> => fetchTiles(ids.value.slice(index.value, index.value + aheadCounts[mode.value]))

  /** Asks for the tiles after those that it asked for before. */
  function lookFurther(): Promise<void> {
    const from = lookedTo
    lookedTo = Math.min(ids.value.length, from + aheadCounts[mode.value])
    return fetchTiles(ids.value.slice(from, lookedTo))
  }

  function step(by: number): void {
    index.value = Math.min(ids.value.length, Math.max(0, index.value + by))
    const soon = ids.value.slice(index.value, index.value + aheadCounts[mode.value] / 2)
    if (soon.some((id) => !tiles.value.has(id))) void look()
  }

  /** Notes at once what is said, and forgets it again where the engine does not keep it. */
  function send(imageIds: readonly ImageId[], verdict: string, text: string, work: () => Promise<{ editId: number | null }>) {
    const act: Act = { imageIds, verdict }
    acts.value = [...acts.value, act]
    sending = sending.then(async () => {
      const done = await edits.apply(text, work)
      acts.value = acts.value.flatMap((each) => (each !== act ? [each] : done ? [{ ...act, editId: done.editId }] : []))
    })
    return sending
  }

  function give(images: readonly ImageId[], entity: ClassEntity) {
    return send(images, entity.name, t('review.done.labelled', { class: entity.name }), () =>
      engineClient.labels.set({ imageIds: [...images], classId: entity.id }),
    )
  }

  function accept(images: readonly ImageId[]) {
    if (images.length === 0) return undefined
    return send(images, t('review.accepted'), t('review.done.accepted', { count: images.length }, images.length), () =>
      engineClient.assignments.confirm({ imageIds: [...images] }),
    )
  }

  function reject(images: readonly ImageId[]) {
    return send(images, t('review.rejected'), t('review.done.rejected', { count: images.length }, images.length), () =>
      engineClient.assignments.reject({ imageIds: [...images], rejected: true }),
    )
  }

  /** Undoes the last correction and goes back to the image that it was about. */
  async function undo(): Promise<void> {
    await sending
    const undone = await edits.undo()
    const place = acts.value.findLastIndex(({ editId }) => undone?.some(({ id }) => id === editId))
    // It may have been something else that was done last.
    if (place < 0) return
    const [first] = acts.value[place].imageIds
    acts.value = acts.value.filter((_, each) => each !== place)
    if (mode.value !== 'blocks') index.value = Math.max(0, ids.value.indexOf(first))
  }

  /** What the model, or a person before, says of an image: its class, else its cluster. */
  function guessOf(tile: ImageTile): { name: string; colour: string } | undefined {
    const entity = tile.classId === null ? undefined : clusters.classOf(tile.classId)
    return entity ?? (tile.clusterId === null ? undefined : clusters.clusterOf(tile.clusterId))
  }

  return { ids, index, tiles, judged, isLoading, current, isOver, begin, lookFurther, step, give, accept, reject, undo, guessOf }
})
