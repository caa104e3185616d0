import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { Audit } from '#shared/contract/audits.ts'
import type { ImageTile } from '#shared/contract/images.ts'
import type { ClassEntity, ClassId, ImageId } from '#shared/entities.ts'
import { looksToReach } from '#shared/purity.ts'
import { engineClient } from '../client/engine-client.ts'
import { i18n } from '../locales/i18n.ts'
import { readJson, writeJson } from './browser-storage.ts'
import { useEditsStore } from './edits.ts'
import { useEngineStore } from './engine.ts'
import { useNoticesStore } from './notices.ts'
import { createTurns } from './turns.ts'

/** How many images a sitting asks for. */
export const sittingSize = 30
/** Lower bounds that can be aimed at. */
export const targets = [0.8, 0.9, 0.95, 0.98, 0.99] as const

/** What a person said in one act of a sitting, in the order of the images. */
type Act = readonly Readonly<{ id: ImageId; isRight: boolean }>[]

/** How pure each class is, and the images that are looked at for one of them now. */
export const useAuditStore = defineStore('audit', () => {
  const engine = useEngineStore()
  const edits = useEditsStore()
  const notices = useNoticesStore()
  const { t } = i18n.global
  const audits = shallowRef<readonly Audit[]>([])
  const classId = ref<ClassId>()
  const tiles = shallowRef<readonly ImageTile[]>([])
  const acts = shallowRef<readonly Act[]>([])
  const isLoading = ref(false)
  const lists = createTurns()
  const sittings = createTurns()
  const stored = readJson<number>('auditTarget')
  const target = ref<number>(targets.find((value) => value === stored) ?? 0.95)
  watch(target, (value) => writeJson('auditTarget', value))
  /** Answers reach the engine one after the other, so that undo undoes the last one. */
  let sending: Promise<unknown> = Promise.resolve()

  const byClass = computed(() => new Map(audits.value.map((audit) => [audit.classId, audit])))
  const audit = computed(() => (classId.value === undefined ? undefined : byClass.value.get(classId.value)))
  const answeredCount = computed(() => acts.value.reduce((sum, act) => sum + act.length, 0))
  /** Images of the sitting that wait for an answer, in order. */
  const open = computed(() => tiles.value.slice(answeredCount.value))
  const isOver = computed(() => !isLoading.value && open.value.length === 0)
  /** Looks that are missing for the target; null when it is out of reach as things are. */
  const missingLooks = (of: Audit): number | null => looksToReach(of, target.value)

  async function load(): Promise<void> {
    const isLatest = lists.take()
    if (!engine.project || engine.project.currentClusteringId === null) {
      audits.value = []
      return
    }
    try {
      const found = await engineClient.audits.list()
      if (isLatest()) audits.value = found
    } catch {
      // The frame says that the engine is gone; the next revision reads again.
    }
  }
  /** Draws the next images of a class; at least those that stand before earlier answers. */
  async function begin(id: ClassId): Promise<void> {
    const isLatest = sittings.take()
    isLoading.value = true
    classId.value = id
    acts.value = []
    tiles.value = []
    if (!byClass.value.has(id)) await load()
    const count = Math.min(500, Math.max(sittingSize, byClass.value.get(id)?.missing ?? 0))
    const found = await notices.attempt(() => engineClient.audits.next({ classId: id, count }))
    if (!isLatest()) return
    tiles.value = found ?? []
    isLoading.value = false
  }

  function send(act: Act, correctClassId?: ClassId): void {
    const id = classId.value
    if (id === undefined || act.length === 0) return
    acts.value = [...acts.value, act]
    const idsOf = (isRight: boolean): ImageId[] => act.filter((answer) => answer.isRight === isRight).map((answer) => answer.id)
    const request = { classId: id, right: idsOf(true), wrong: idsOf(false), ...(correctClassId === undefined ? {} : { correctClassId }) }
    sending = sending.then(async () => {
      const done = await edits.apply(t('audit.done', { count: act.length }, act.length), () => engineClient.audits.answer(request))
      if (done) audits.value = audits.value.map((known) => (known.classId === id ? done.audit : known))
      // What was not kept is asked again, and what came after it too.
      else acts.value = acts.value.slice(0, Math.max(0, acts.value.indexOf(act)))
    })
  }

  /** Says of the next images which are wrong; the others are right. */
  function answer(count: number, isWrong: (id: ImageId) => boolean): void {
    send(open.value.slice(0, count).map(({ id }) => ({ id, isRight: !isWrong(id) })))
  }

  /** Says what the image at hand is; where that is another class, its label was wrong. */
  function give({ id }: ClassEntity): void {
    const isRight = id === classId.value
    send(
      open.value.slice(0, 1).map((tile) => ({ id: tile.id, isRight })),
      isRight ? undefined : id,
    )
  }

  /** Undoes the last act and asks its images again. */
  async function undo(): Promise<void> {
    await sending
    const answerCount = (): number => (audit.value ? audit.value.looked + audit.value.waiting : 0)
    const before = answerCount()
    await edits.undo()
    await load()
    // It may have been something else that was done last.
    if (answerCount() < before) acts.value = acts.value.slice(0, -1)
  }

  const forget = (id: ClassId, name: string) =>
    edits.apply(t('audit.forgotten', { class: name }), () => engineClient.audits.forget({ classId: id }))

  return {
    audits,
    audit,
    classId,
    tiles,
    answeredCount,
    open,
    isOver,
    isLoading,
    target,
    missingLooks,
    load,
    begin,
    answer,
    give,
    undo,
    forget,
  }
})
