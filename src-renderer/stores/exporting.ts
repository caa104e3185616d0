import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import type { EngineClient } from '#shared/contract/contract.ts'
import type { Export, Job } from '#shared/entities.ts'
import { type ErrorData, toErrorData } from '#shared/errors.ts'
import { type ExportFormatName, fileFormats, type UnprovenWay } from '#shared/export-formats.ts'
import { isAtRest } from '#shared/jobs.ts'
import { engineClient } from '../client/engine-client.ts'
import { useEngineStore } from './engine.ts'
import { useNoticesStore } from './notices.ts'

type ExportRequest = Parameters<EngineClient['exports']['plan']>[0]
type ExportPlan = Awaited<ReturnType<EngineClient['exports']['plan']>>

/** Long enough that a dragged slider asks once. */
const planDelayMs = 200
/** Only the plan of a large project takes longer. */
const patienceMs = 600

/** The choices of an export, what it would write, and the exports that were made. */
export const useExportingStore = defineStore('exporting', () => {
  const engine = useEngineStore()
  const notices = useNoticesStore()
  const request = reactive({
    format: 'imagefolder' as ExportFormatName,
    out: '',
    transfer: 'copy' as 'copy' | 'hardlink' | 'symlink',
    seed: 0,
    minConfidence: 0,
    onlyReliable: false,
    /** 0 = whatever is proved. */
    minPurity: 0,
    unproven: 'refuse' as UnprovenWay,
    unlabelled: 'skip' as 'skip' | 'folder',
    bom: false,
    escapeFormulas: false,
    clustersAsClasses: true,
  })
  const isSplit = ref(false)
  /** Percent of each set; training takes the rest. */
  const split = reactive({ val: 10, test: 10 })
  const plan = shallowRef<ExportPlan>()
  /** A plan is being made for so long that one should say so. */
  const isPlanning = ref(false)
  const problem = shallowRef<ErrorData>()
  const made = shallowRef<readonly Export[]>([])
  const jobId = ref<Job['id']>()
  let timer: number | undefined
  let asking: AbortController | undefined

  const whole = computed<ExportRequest>(() => ({
    ...request,
    hardlinkFallback: 'copy',
    split: isSplit.value ? { train: (100 - split.val - split.test) / 100, val: split.val / 100, test: split.test / 100 } : null,
  }))
  /** Whether the format holds image files, which can be copied or linked. */
  const writesFiles = computed(() => fileFormats.includes(request.format))
  /** Classes in the way of the export, because they are not proved to be pure. */
  const refused = computed(() => (request.unproven === 'refuse' ? (plan.value?.unproven ?? []) : []))
  const job = computed(() => engine.jobs.find(({ id }) => id === jobId.value))
  const isWriting = computed(() => job.value !== undefined && !isAtRest(job.value.state.kind))
  const last = computed(() => (job.value?.state.kind === 'completed' ? made.value.find(({ path }) => path === request.out) : undefined))

  async function makePlan(): Promise<void> {
    asking?.abort()
    const own = new AbortController()
    asking = own
    if (!engine.project || engine.project.currentClusteringId === null) return
    const saying = window.setTimeout(() => {
      isPlanning.value = true
    }, patienceMs)
    try {
      // A plan touches no file, so any place will do until one was chosen.
      const place = whole.value.out || `${engine.project.path}-dataset`
      const found = await engineClient.exports.plan({ ...whole.value, out: place }, { signal: own.signal })
      if (own.signal.aborted) return
      plan.value = found
      problem.value = undefined
    } catch (error) {
      if (own.signal.aborted) return
      plan.value = undefined
      problem.value = toErrorData(error)
    } finally {
      window.clearTimeout(saying)
      if (asking === own) isPlanning.value = false
    }
  }
  watch(
    [whole, () => engine.revision],
    () => {
      window.clearTimeout(timer)
      timer = window.setTimeout(makePlan, planDelayMs)
    },
    { immediate: true },
  )
  watch(
    () => [engine.revision, engine.project?.id],
    async () => {
      made.value = engine.project ? ((await engineClient.exports.list().catch(() => undefined)) ?? made.value) : []
    },
    { immediate: true },
  )
  watch(
    () => engine.project?.path,
    (path) => {
      request.out = path === undefined ? '' : `${path.replace(/\.spicerack$/, '')}-dataset`
      jobId.value = undefined
    },
    { immediate: true },
  )

  async function start(): Promise<void> {
    const started = await notices.attempt(() => engineClient.exports.start(whole.value))
    if (!started) return
    jobId.value = started.id
    await engine.refresh()
  }

  async function cancel(): Promise<void> {
    if (jobId.value === undefined) return
    const id = jobId.value
    await notices.attempt(() => engineClient.jobs.cancel({ jobId: id }))
    await engine.refresh()
  }

  return { request, isSplit, split, writesFiles, refused, plan, isPlanning, problem, made, job, isWriting, last, start, cancel }
})
