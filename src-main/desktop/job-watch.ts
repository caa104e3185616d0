import type { EngineClient } from '#shared/contract/contract.ts'
import type { EngineStatus } from '#shared/contract/engine.ts'
import type { Job } from '#shared/entities.ts'
import { isAtRest } from '#shared/jobs.ts'

const busyPauseMs = 1000
const idlePauseMs = 4000

/** What the desktop shows of the engine outside the page. */
export type EngineView = Readonly<{
  status: EngineStatus | undefined
  /** Jobs that are at work or wait for it. */
  active: readonly Job[]
  /** The one of them that is told of: a training before others. */
  job: Job | undefined
}>

export interface JobWatch {
  readonly view: () => EngineView
  /** Looks now; what it finds is told as ever. */
  look(): Promise<EngineView>
  stop(): void
}

/** Looks at the engine again and again. */
export function watchJobs(options: Readonly<{ client: EngineClient; onView(view: EngineView): void; onEnd(job: Job): void }>): JobWatch {
  const { client, onView, onEnd } = options
  let view: EngineView = { status: undefined, active: [], job: undefined }
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  const look = async (): Promise<EngineView> => {
    clearTimeout(timer)
    try {
      const status = await client.engine.status()
      const jobs = status.project ? await client.jobs.list() : []
      const wereActive = new Set(view.active.map(({ id }) => id))
      const active = jobs.filter(({ state }) => !isAtRest(state.kind))
      view = { status, active, job: active.find(({ kind }) => kind === 'run') ?? active[0] }
      for (const job of jobs) if (wereActive.has(job.id) && isAtRest(job.state.kind)) onEnd(job)
    } catch {
      // No engine just now: the next look tells.
      view = { ...view, active: [], job: undefined }
    }
    if (!isStopped) {
      onView(view)
      clearTimeout(timer)
      timer = setTimeout(look, view.job ? busyPauseMs : idlePauseMs)
    }
    return view
  }
  return {
    view: () => view,
    look,
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
