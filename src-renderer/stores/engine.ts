import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { EngineClient } from '#shared/contract/contract.ts'
import type { EngineStatus } from '#shared/contract/engine.ts'
import type { Job, Run } from '#shared/entities.ts'
import { type ErrorData, SpicerackError, toErrorData } from '#shared/errors.ts'
import { isAtRest, type StageName } from '#shared/jobs.ts'
import { engineClient } from '../client/engine-client.ts'

/** `ended`: the engine answers, but not to this page any more. */
type Connection = 'connecting' | 'connected' | 'lost' | 'ended'

type RunRequest = Parameters<EngineClient['runs']['create']>[0]

/** A copy of what the engine says; the engine is the truth. */
export const useEngineStore = defineStore('engine', () => {
  const connection = ref<Connection>('connecting')
  const status = shallowRef<EngineStatus>()
  const runs = shallowRef<readonly Run[]>([])
  const jobs = shallowRef<readonly Job[]>([])
  /** Why the last act failed. */
  const problem = shallowRef<ErrorData>()
  const isActing = ref(false)
  /** Rises whenever what the engine keeps may have changed; whoever shows some of it reads it again. */
  const revision = ref(0)
  let lastSeen = ''
  let lastAsked = 0
  let lastShown = 0

  const project = computed(() => status.value?.project ?? undefined)
  const lastRun = computed(() => runs.value[0])
  const activeJob = computed(() => jobs.value.find(({ state }) => !isAtRest(state.kind)))
  const lastRunJob = computed(() => jobs.value.find(({ kind, payload }) => kind === 'run' && runIdOf(payload) === lastRun.value?.id))

  /** The last run's or import's job that stopped half-way and can go on. */
  const stoppedJob = computed(() =>
    activeJob.value
      ? undefined
      : jobs.value.find(({ kind, state }) => kind !== 'export' && ['paused', 'interrupted', 'failed'].includes(state.kind)),
  )

  /** The stage that computes now; the progress of a job may still tell of the one before. */
  const runningStage = computed<StageName | undefined>(() => lastRun.value?.stages.find(({ state }) => state === 'running')?.name)

  async function refresh(): Promise<void> {
    lastAsked += 1
    const asked = lastAsked
    try {
      const latest = await engineClient.engine.status()
      const [latestRuns, latestJobs] = latest.project ? await Promise.all([engineClient.runs.list(), engineClient.jobs.list()]) : [[], []]
      // A newer answer came before this one.
      if (asked < lastShown) return
      lastShown = asked
      status.value = latest
      runs.value = latestRuns
      jobs.value = latestJobs
      connection.value = 'connected'
      const seen = JSON.stringify([
        latest.project,
        latestJobs.map(({ id, state }) => [id, state.kind]),
        latestRuns.map(({ stages }) => stages.map(({ state }) => state)),
      ])
      if (seen !== lastSeen) touch()
      lastSeen = seen
    } catch (error) {
      const code = error instanceof SpicerackError ? error.code : undefined
      // It was closed between two questions: the next look finds none.
      if (code !== 'PROJECT_NOT_OPEN') connection.value = code === 'UNAUTHORIZED' ? 'ended' : 'lost'
    }
  }

  function touch(): void {
    revision.value += 1
  }

  /** Does one thing at a time; afterwards the copy is fresh. */
  async function act(work: () => Promise<unknown>): Promise<void> {
    if (isActing.value) return
    isActing.value = true
    problem.value = undefined
    try {
      await work()
    } catch (error) {
      problem.value = toErrorData(error)
    }
    await refresh()
    isActing.value = false
  }

  function pauseOrResume(): Promise<void> {
    if (activeJob.value) return pauseJob(activeJob.value.id)
    return stoppedJob.value ? resumeJob(stoppedJob.value.id) : Promise.resolve()
  }
  const pauseJob = (jobId: Job['id']): Promise<void> => act(() => engineClient.jobs.pause({ jobId }))
  const resumeJob = (jobId: Job['id']): Promise<void> => act(() => engineClient.jobs.resume({ jobId }))

  /** Closes the project that is open, which pauses its work, unless it is this one. */
  async function leaveFor(path: string): Promise<boolean> {
    const { project: open } = await engineClient.engine.status()
    if (open?.path === path) return false
    if (open) await engineClient.project.close()
    return true
  }
  const openProject = (path: string): Promise<void> =>
    act(async () => {
      if (await leaveFor(path)) await engineClient.project.open({ path })
    })

  return {
    connection,
    status,
    project,
    runs,
    lastRun,
    lastRunJob,
    jobs,
    activeJob,
    stoppedJob,
    runningStage,
    problem,
    isActing,
    revision,
    touch,
    refresh,
    openProject,
    closeProject: () => act(() => engineClient.project.close()),
    startRun: (request: RunRequest) => act(() => engineClient.runs.create(request)),
    /** One after the other, as one act: while something is done, another act is refused. */
    importFolders: (folders: readonly string[]) =>
      act(async () => {
        for (const folder of folders) await engineClient.images.import({ folder })
      }),
    cancelJob: (jobId: Job['id']) => act(() => engineClient.jobs.cancel({ jobId })),
    act,
    pauseJob,
    resumeJob,
    pauseOrResume,
  }
})

function runIdOf(payload: unknown): unknown {
  return (payload as { runId?: unknown } | null)?.runId
}
