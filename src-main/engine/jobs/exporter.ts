import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { OpenProject } from '#engine/database/project.ts'
import { holdChildProcess, startChildProcess } from '#engine/images/child-process.ts'
import type { ExportRequest } from '#shared/contract/exports.ts'
import { fromErrorData, SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { ExportAnswer, ExportOrder, ExportOutcome, ExportTask, PlannedExport } from './export-messages.ts'

const stderrTailBytes = 2000
/** After so long without a plan the memory of the process is given back. */
const restMs = 15_000

/**
 * Plans and writes exports in processes that read the project beside the engine: with a million images each takes seconds of work in one
 * piece, and so much memory that to take leave of a thread would hold the engine up.
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
  let planner: ChildProcess | undefined
  let isClosed = false
  let rest: NodeJS.Timeout | undefined

  const end = async (): Promise<void> => {
    clearTimeout(rest)
    const child = planner
    planner = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    holdChildProcess(child, 'ref')
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  const startPlanner = (): ChildProcess => {
    const child = start(entry)
    return child.once('exit', () => {
      if (planner === child) planner = undefined
    })
  }
  const planNow = async (request: ExportRequest, signal: AbortSignal | undefined): Promise<PlannedExport> => {
    if (isClosed || signal?.aborted) throw cancelled()
    const key = `${changeCount.get()} ${JSON.stringify(request)}`
    if (latest?.key === key) return latest.plan
    clearTimeout(rest)
    planner ??= startPlanner()
    holdChildProcess(planner, 'ref')
    signal?.addEventListener('abort', end)
    try {
      const answer = await ask(planner, { kind: 'plan', projectPath: folder.path, request })
      if (answer.kind !== 'planned') throw new Error(`A plan was answered by ${answer.kind}.`)
      latest = { key, plan: answer.plan }
      return answer.plan
    } catch (error) {
      throw isClosed || signal?.aborted ? cancelled() : error
    } finally {
      signal?.removeEventListener('abort', end)
      if (planner) holdChildProcess(planner, 'unref')
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
      // What a plan left in memory is of no use while the dataset is written.
      last = last.then(end)
      const child = start(entry)
      const halt = (): void => void child.send({ kind: 'stop' } satisfies ExportOrder)
      signal.addEventListener('abort', halt)
      try {
        const answering = ask(child, { kind: 'write', projectPath: folder.path, request }, onProgress)
        if (signal.aborted) halt()
        const answer = await answering
        if (answer.kind !== 'written') throw new Error(`An export was answered by ${answer.kind}.`)
        return answer.outcome
      } finally {
        signal.removeEventListener('abort', halt)
        if (child.connected) child.disconnect()
      }
    },
    close() {
      isClosed = true
      return end()
    },
  }
}

function start(entry: URL): ChildProcess {
  // What happens to it while it rests concerns nobody.
  return startChildProcess(entry).on('error', () => undefined)
}

/** Gives a process its task and waits for its last answer. */
function ask(
  child: ChildProcess,
  task: ExportTask,
  onProgress?: (progress: Readonly<{ done: number; total: number }>) => void,
): Promise<Exclude<ExportAnswer, { kind: 'progress' | 'failed' }>> {
  return new Promise((resolve, reject) => {
    let stderrTail = ''
    const keepTail = (chunk: Buffer): void => {
      stderrTail = (stderrTail + chunk.toString()).slice(-stderrTailBytes)
    }
    const hear = (answer: ExportAnswer): void => {
      if (answer.kind === 'progress') {
        onProgress?.(answer)
        return
      }
      leave()
      if (answer.kind === 'failed') reject(fromErrorData(answer.error))
      else resolve(answer)
    }
    const crash = (reason: string): void => {
      leave()
      const line = stderrTail.match(/^(\w*Error|FATAL ERROR): .*$/m)?.[0]
      reject(new SpicerackError('WORKER_DIED', say('exportDied', { reason: line ?? reason }), { advice: say('exportAgain') }))
    }
    const fail = (error: Error): void => crash(error.message)
    const exit = (code: number | null, signal: string | null): void => crash(signal ?? `exit code ${code}`)
    const leave = (): void => {
      child.off('message', hear).off('error', fail).off('close', exit)
      child.stderr?.off('data', keepTail).resume()
    }
    child.on('message', hear).on('error', fail).on('close', exit)
    child.stderr?.on('data', keepTail)
    child.send(task, (error) => error && fail(error))
  })
}

function cancelled(): SpicerackError {
  return new SpicerackError('CANCELLED', say('planCancelled'))
}
