import type { EngineClient } from '#shared/contract/contract.ts'
import type { EngineStatus } from '#shared/contract/engine.ts'
import type { Job } from '#shared/entities.ts'
import { isAtRest } from '#shared/jobs.ts'

const busyPauseMs = 1000
const idlePauseMs = 4000

/** What the desktop shows of the engine outside the page. */
export type EngineView = Readonly<{ status: EngineStatus | undefined; job: Job | undefined }>

export interface JobWatch {
  readonly view: () => EngineView
  /** Looks now; what it finds is told as ever. */
  look(): Promise<EngineView>
  stop(): void
}

/** Looks at the engine again and again. */
export function watchJobs(options: Readonly<{ client: EngineClient; onView(view: EngineView): void; onEnd(job: Job): void }>): JobWatch {
  const { client, onView, onEnd } = options
  let view: EngineView = { status: undefined, job: undefined }
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  const look = async (): Promise<EngineView> => {
    clearTimeout(timer)
    try {
      const status = await client.engine.status()
      const jobs = status.project ? await client.jobs.list() : []
      const before = view.job
      view = { status, job: jobs.find(({ state }) => !isAtRest(state.kind)) }
      const ended = before && jobs.find(({ id, state }) => id === before.id && isAtRest(state.kind))
      if (ended) onEnd(ended)
    } catch {
      // No engine just now: the next look tells.
      view = { ...view, job: undefined }
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
