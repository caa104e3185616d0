import type { Job, JobId, JobProgress } from '#shared/entities.ts'
import { SpicerackError, toErrorData } from '#shared/errors.ts'
import { canTransition, isAtRest, type JobKind, type JobState } from '#shared/jobs.ts'
import { say } from '#shared/said.ts'
import type { JobEvents } from './job-events.ts'

const progressIntervalMs = 250
const progressSaveIntervalMs = 1000

/** Where jobs are kept; the row is the truth. */
export interface JobStore {
  list(): readonly Job[]
  /** @throws NOT_FOUND */
  get(jobId: JobId): Job
  create(kind: JobKind, payload: unknown): Job
  setState(jobId: JobId, state: JobState): void
  setProgress(jobId: JobId, progress: JobProgress): void
}

export type JobContext = Readonly<{
  job: Job
  /** Aborts when the job shall stop, for whatever reason: leave a checkpoint, then return 'stopped'. */
  signal: AbortSignal
  /** May be called as often as one likes. */
  report(progress: JobProgress): void
  log(line: string): void
}>

/** Does the work of one kind of job, from where it was left. */
export type JobRunner = (context: JobContext) => Promise<'completed' | 'stopped'>

export interface JobQueue {
  add(kind: JobKind, payload: unknown): Job
  pause(jobId: JobId): Promise<Job>
  cancel(jobId: JobId): Promise<Job>
  resume(jobId: JobId): Job
  activeCount(): number
  /** Stops what runs, keeping checkpoints; those jobs become interrupted. */
  close(): Promise<void>
}

type Active = { readonly kind: JobKind; readonly stop: AbortController; readonly ended: Promise<void>; flush(): void }

/**
 * Runs jobs: of each kind one at a time, in the order in which they were queued. Jobs that a previous process left unfinished become
 * interrupted; nothing goes on without being asked to.
 */
export function createJobQueue(options: {
  readonly store: JobStore
  readonly events: JobEvents
  readonly runners: Readonly<Record<JobKind, JobRunner>>
}): JobQueue {
  const { store, events, runners } = options
  const active = new Map<JobId, Active>()
  let isClosing = false

  const change = (jobId: JobId, state: JobState): void => {
    const from = store.get(jobId).state.kind
    if (!canTransition(from, state.kind))
      throw new SpicerackError('CONFLICT', say('jobTransition', { from, to: state.kind }), { advice: say('lookAgain') })
    store.setState(jobId, state)
    events.publish(jobId, { type: 'state', state })
  }

  for (const job of store.list()) if (!isAtRest(job.state.kind)) change(job.id, { kind: 'interrupted' })

  const startNext = (): void => {
    if (isClosing) return
    const waiting = store.list().filter((job) => job.state.kind === 'queued')
    for (const job of waiting.sort((a, b) => a.changedAt - b.changedAt || a.id - b.id))
      if (![...active.values()].some(({ kind }) => kind === job.kind)) begin(job)
  }

  const begin = (job: Job): void => {
    const stop = new AbortController()
    const progress = createProgressGate(job.id, store, events)
    change(job.id, { kind: 'starting' })
    const ended = run(job.id, stop.signal, progress).finally(() => {
      active.delete(job.id)
      startNext()
    })
    active.set(job.id, { kind: job.kind, stop, ended, flush: progress.flush })
  }

  const run = async (jobId: JobId, signal: AbortSignal, progress: ProgressGate): Promise<void> => {
    // The caller of `add` gets its answer before the work begins.
    await new Promise(setImmediate)
    let outcome: 'completed' | 'stopped' | SpicerackError | unknown
    try {
      if (store.get(jobId).state.kind === 'starting') change(jobId, { kind: 'running' })
      const job = store.get(jobId)
      outcome = signal.aborted
        ? 'stopped'
        : await runners[job.kind]({ job, signal, report: progress.report, log: (line) => events.publish(jobId, { type: 'log', line }) })
    } catch (error) {
      outcome = error
    }
    try {
      progress.flush()
      change(jobId, endState(outcome, store.get(jobId).state, signal.aborted))
    } catch (error) {
      // The database itself is out of order: the row says "running", and the next opening turns that into "interrupted".
      events.publish(jobId, { type: 'state', state: { kind: 'failed', error: toErrorData(error) } })
    }
  }

  const stopAndWait = async (jobId: JobId, keep: boolean): Promise<Job> => {
    const { state } = store.get(jobId)
    const running = active.get(jobId)
    if (running) {
      const isPausing = state.kind === 'cancelling' && state.keep
      if (state.kind === 'starting' || state.kind === 'running' || (isPausing && !keep)) change(jobId, { kind: 'cancelling', keep })
      running.stop.abort()
      await running.ended
    } else if (state.kind === 'queued') change(jobId, { kind: keep ? 'interrupted' : 'cancelled' })
    else if (!keep && state.kind !== 'cancelled') change(jobId, { kind: 'cancelled' })
    else if (keep && state.kind === 'completed') throw new SpicerackError('CONFLICT', say('jobCompleted'))
    return store.get(jobId)
  }

  return {
    add(kind, payload) {
      const job = store.create(kind, payload)
      startNext()
      return store.get(job.id)
    },
    pause: (jobId) => stopAndWait(jobId, true),
    cancel: (jobId) => stopAndWait(jobId, false),
    resume(jobId) {
      change(jobId, { kind: 'queued' })
      startNext()
      return store.get(jobId)
    },
    activeCount: () => active.size,
    async close() {
      isClosing = true
      for (const job of store.list()) if (job.state.kind === 'queued') change(job.id, { kind: 'interrupted' })
      const running = [...active.values()]
      for (const { stop } of running) stop.abort()
      await Promise.all(running.map(({ ended }) => ended))
    },
  }
}

/** What a job becomes by the way it ended. */
function endState(outcome: unknown, state: JobState, wasStopped: boolean): JobState {
  if (outcome === 'completed') return { kind: 'completed' }
  const isStop = outcome === 'stopped' || (wasStopped && outcome instanceof SpicerackError && outcome.code === 'CANCELLED')
  if (!isStop) return { kind: 'failed', error: toErrorData(outcome) }
  if (state.kind !== 'cancelling') return { kind: 'interrupted' }
  return { kind: state.keep ? 'paused' : 'cancelled' }
}

type ProgressGate = Readonly<{ report(progress: JobProgress): void; flush(): void }>

/** Lets progress through at most four times a second, to the row once a second; the last is never lost. */
function createProgressGate(jobId: JobId, store: JobStore, events: JobEvents): ProgressGate {
  let latest: JobProgress | undefined
  let sentAt = 0
  let savedAt = 0
  let timer: NodeJS.Timeout | undefined
  let isEnded = false

  const send = (): void => {
    timer = undefined
    if (latest === undefined) return
    const now = performance.now()
    sentAt = now
    if (now - savedAt >= progressSaveIntervalMs || isEnded) {
      savedAt = now
      store.setProgress(jobId, latest)
    }
    events.publish(jobId, { type: 'progress', progress: latest })
    if (isEnded) latest = undefined
  }
  return {
    report(progress) {
      latest = progress
      if (timer || isEnded) return
      const waitMs = sentAt + progressIntervalMs - performance.now()
      if (waitMs <= 0) send()
      else timer = setTimeout(send, waitMs)
    },
    flush() {
      clearTimeout(timer)
      isEnded = true
      send()
    },
  }
}
