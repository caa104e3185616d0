import type { JobEvent } from '#shared/contract/jobs.ts'
import type { Job, JobId, JobProgress } from '#shared/entities.ts'
import { isAtRest, type JobState } from '#shared/jobs.ts'

/** A reader that is this many events behind gets a new snapshot instead. */
const backlogLimit = 1000

type Unnumbered =
  | Readonly<{ type: 'state'; state: JobState }>
  | Readonly<{ type: 'progress'; progress: JobProgress }>
  | Readonly<{ type: 'log'; line: string }>

/** What happens to jobs, for whoever listens: a snapshot, then numbered events. */
export interface JobEvents {
  publish(jobId: JobId, event: Unnumbered): void
  /** Ends when the job is at rest, when the signal aborts, or when the reader stops. */
  read(jobId: JobId, signal?: AbortSignal): AsyncGenerator<JobEvent, void, void>
  /** Ends every reader. */
  close(): void
}

type Reader = { backlog: JobEvent[]; wake: () => void; isLost: boolean }

/** @param snapshot The job as it is now; throws NOT_FOUND. */
export function createJobEvents(snapshot: (jobId: JobId) => Job): JobEvents {
  const sequences = new Map<JobId, number>()
  const readers = new Map<JobId, Set<Reader>>()
  let isClosed = false

  return {
    publish(jobId, event) {
      const sequence = (sequences.get(jobId) ?? 0) + 1
      sequences.set(jobId, sequence)
      for (const reader of readers.get(jobId) ?? []) {
        if (reader.backlog.length >= backlogLimit) {
          reader.backlog.length = 0
          reader.isLost = true
        } else if (!reader.isLost) reader.backlog.push({ ...event, sequence } as JobEvent)
        reader.wake()
      }
    },
    async *read(jobId, signal) {
      const takeSnapshot = (): JobEvent => ({ type: 'snapshot', sequence: sequences.get(jobId) ?? 0, job: snapshot(jobId) })
      const first = takeSnapshot()
      const reader: Reader = { backlog: [first], wake: () => undefined, isLost: false }
      const ofJob = readers.get(jobId) ?? new Set()
      readers.set(jobId, ofJob.add(reader))
      const onAbort = (): void => reader.wake()
      signal?.addEventListener('abort', onAbort)
      try {
        while (!isClosed && !signal?.aborted) {
          if (reader.isLost) {
            reader.isLost = false
            reader.backlog = [takeSnapshot()]
          }
          const event = reader.backlog.shift()
          if (event) {
            yield event
            const state = event.type === 'snapshot' ? event.job.state : event.type === 'state' ? event.state : undefined
            if (state && isAtRest(state.kind)) return
          } else
            await new Promise<void>((resolve) => {
              reader.wake = resolve
              if (reader.backlog.length > 0 || isClosed || signal?.aborted) resolve()
            })
        }
      } finally {
        signal?.removeEventListener('abort', onAbort)
        ofJob.delete(reader)
        if (ofJob.size === 0) readers.delete(jobId)
      }
    },
    close() {
      isClosed = true
      for (const ofJob of readers.values()) for (const reader of ofJob) reader.wake()
    },
  }
}
