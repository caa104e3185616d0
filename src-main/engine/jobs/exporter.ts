import { Worker } from 'node:worker_threads'
import type { OpenProject } from '#engine/database/project.ts'
import type { ExportRequest } from '#shared/contract/exports.ts'
import { fromErrorData, SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { ExportAnswer, ExportOutcome, ExportTask, PlannedExport } from './export-messages.ts'

/** After so long without a plan the memory of the thread is given back. */
const restMs = 15_000

/**
 * Plans and writes exports in threads that read the project beside the engine: with a million images each takes seconds of work in one
 * piece.
 */
export interface Exporter {
  /**
   * What an export of the project as it is now would write; at once where it is the plan that was made last, and nothing was written
   * since. One at a time.
   *
   * @throws CANCELLED when `signal` aborts; WORKER_DIED; what `planExport` throws.
   */
  plan(request: ExportRequest, signal?: AbortSignal): Promise<PlannedExport>
  /** @throws WORKER_DIED; what `exportDataset` throws. */
  write(
    request: ExportRequest,
    follow: Readonly<{ signal: AbortSignal; onProgress: (progress: Readonly<{ done: number; total: number }>) => void }>,
  ): Promise<ExportOutcome>
  /** Ends what is being planned. */
  close(): Promise<void>
}

export function createExporter({ folder, connection }: OpenProject, entry: URL): Exporter {
  const changeCount = connection.sql.prepare<[], number>('SELECT total_changes()').pluck()
  let last: Promise<unknown> = Promise.resolve()
  let latest: Readonly<{ key: string; plan: PlannedExport }> | undefined
  let planner: Worker | undefined
  let isClosed = false
  let rest: NodeJS.Timeout | undefined

  const end = async (): Promise<void> => {
    clearTimeout(rest)
    const ending = planner
    planner = undefined
    await ending?.terminate()
  }
  const start = (): Worker => {
    const thread = new Worker(entry)
    thread.once('exit', () => {
      if (planner === thread) planner = undefined
    })
    // What happens to it while it rests concerns nobody.
    return thread.on('error', () => undefined)
  }
  const planNow = async (request: ExportRequest, signal: AbortSignal | undefined): Promise<PlannedExport> => {
    if (isClosed || signal?.aborted) throw cancelled()
    const key = `${changeCount.get()} ${JSON.stringify(request)}`
    if (latest?.key === key) return latest.plan
    clearTimeout(rest)
    planner ??= start()
    planner.ref()
    signal?.addEventListener('abort', end)
    try {
      const answer = await ask(planner, { kind: 'plan', projectPath: folder.path, request, stop: createStop() })
      if (answer.kind !== 'planned') throw new Error(`A plan was answered by ${answer.kind}.`)
      latest = { key, plan: answer.plan }
      return answer.plan
    } catch (error) {
      throw isClosed || signal?.aborted ? cancelled() : error
    } finally {
      signal?.removeEventListener('abort', end)
      planner?.unref()
      rest = setTimeout(end, restMs)
      rest.unref()
    }
  }

  return {
    plan(request, signal) {
      const turn = last.then(() => planNow(request, signal))
      last = turn.catch(() => undefined)
      return turn
    },
    async write(request, { signal, onProgress }) {
      const stop = createStop()
      const halt = (): void => void Atomics.store(stop, 0, 1)
      if (signal.aborted) halt()
      signal.addEventListener('abort', halt)
      const thread = new Worker(entry)
      try {
        const answer = await ask(thread, { kind: 'write', projectPath: folder.path, request, stop }, onProgress)
        if (answer.kind !== 'written') throw new Error(`An export was answered by ${answer.kind}.`)
        return answer.outcome
      } finally {
        signal.removeEventListener('abort', halt)
        await thread.terminate()
      }
    },
    close() {
      isClosed = true
      return end()
    },
  }
}

function createStop(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
}

/** Gives a thread its task and waits for its last answer. */
function ask(
  thread: Worker,
  task: ExportTask,
  onProgress?: (progress: Readonly<{ done: number; total: number }>) => void,
): Promise<Exclude<ExportAnswer, { kind: 'progress' | 'failed' }>> {
  return new Promise((resolve, reject) => {
    const hear = (answer: ExportAnswer): void => {
      if (answer.kind === 'progress') {
        onProgress?.(answer)
        return
      }
      leave()
      if (answer.kind === 'failed') reject(fromErrorData(answer.error))
      else resolve(answer)
    }
    const crash = (error: unknown): void => {
      leave()
      reject(died(error instanceof Error ? error.message : String(error), error))
    }
    const exit = (code: number): void => crash(new Error(`exit code ${code}`))
    const leave = (): void => void thread.off('message', hear).off('error', crash).off('exit', exit)
    thread.on('message', hear).on('error', crash).on('exit', exit)
    thread.postMessage(task)
  })
}

function cancelled(): SpicerackError {
  return new SpicerackError('CANCELLED', say('planCancelled'))
}

function died(reason: string, cause: unknown): SpicerackError {
  return new SpicerackError('WORKER_DIED', say('exportDied', { reason }), { advice: say('exportAgain'), cause })
}
