import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { OpenProject } from '#engine/database/project.ts'
import type { Layout } from '#shared/contract/layouts.ts'
import type { RunId } from '#shared/entities.ts'
import { type ErrorData, toErrorData } from '#shared/errors.ts'
import type { LayoutMessage, LayoutTask } from '#shared/layout-protocol.ts'
import { embeddingFileOf } from './run-embedding.ts'

type LayoutState = Layout['state']

/**
 * The layouts of runs, each computed by a thread of its own when somebody wants to see it. Not jobs: nobody waits for them elsewhere,
 * and nothing is lost with one that is cut off. What is done lies in embeddings/<run>.layout.f32.
 */
export interface Layouts {
  stateOf(runId: RunId): LayoutState
  compute(runId: RunId): void
  cancel(runId: RunId): Promise<void>
  /** The bytes of a finished layout, `[images, 2]` float32; undefined when there is none with this hash. */
  read(runId: RunId, hash: string): Buffer | undefined
  close(): Promise<void>
}

type Computing = { readonly thread: Worker; readonly startedAt: number; doneRatio: number }

const seed = 0

export function createLayouts(project: OpenProject, workerEntry: URL): Layouts {
  const computing = new Map<RunId, Computing>()
  const failures = new Map<RunId, ErrorData>()
  const hashes = new Map<RunId, string>()
  const pathOf = (runId: RunId): string => join(project.folder.embeddings, `${runId}.layout.f32`)

  /** The hash of a finished layout; undefined when there is none, or one of other images. */
  const hashOf = (runId: RunId): string | undefined => {
    const known = hashes.get(runId)
    if (known !== undefined) return known
    const path = pathOf(runId)
    if (statSync(path, { throwIfNoEntry: false })?.size !== project.runs.get(runId).imageCount * 8) return undefined
    const hash = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 32)
    hashes.set(runId, hash)
    return hash
  }

  const stop = async (runId: RunId): Promise<void> => {
    const { thread } = computing.get(runId) ?? {}
    computing.delete(runId)
    await thread?.terminate()
  }

  return {
    stateOf(runId) {
      const now = computing.get(runId)
      if (now) return { kind: 'computing', doneRatio: now.doneRatio, secondsLeft: secondsLeft(now) }
      const hash = hashOf(runId)
      if (hash !== undefined) return { kind: 'ready', url: `/layouts/${runId}/${hash}` }
      const error = failures.get(runId)
      if (error) return { kind: 'failed', error }
      return embeddingFileOf(project, runId) === undefined ? { kind: 'noEmbedding' } : { kind: 'absent' }
    },
    compute(runId) {
      const embeddingPath = embeddingFileOf(project, runId)
      if (computing.has(runId) || hashOf(runId) !== undefined || embeddingPath === undefined) return
      failures.delete(runId)
      const task: LayoutTask = { embeddingPath, count: project.runs.get(runId).imageCount, seed, layoutPath: pathOf(runId) }
      const thread = new Worker(workerEntry, { workerData: task })
      const work: Computing = { thread, startedAt: performance.now(), doneRatio: 0 }
      computing.set(runId, work)
      const end = (error?: ErrorData): void => {
        if (computing.get(runId) !== work) return
        computing.delete(runId)
        if (error) failures.set(runId, error)
      }
      thread.on('message', (message: LayoutMessage) => {
        if (message.kind === 'progress') work.doneRatio = message.doneRatio
        else end(message.kind === 'failed' ? message.error : undefined)
      })
      thread.on('error', (error) => end(toWorkerError(error)))
      thread.on('exit', () => end({ code: 'WORKER_DIED', message: 'The thread that lays the images out stopped unexpectedly.' }))
    },
    cancel: stop,
    read(runId, hash) {
      return hashOf(runId) === hash ? readFileSync(pathOf(runId)) : undefined
    },
    close: async () => void (await Promise.all([...computing.keys()].map(stop))),
  }
}

/** Null until enough is done to tell. */
function secondsLeft({ startedAt, doneRatio }: Computing): number | null {
  if (doneRatio < 0.02) return null
  return ((performance.now() - startedAt) / 1000 / doneRatio) * (1 - doneRatio)
}

function toWorkerError(error: unknown): ErrorData {
  const isMemory = (error as { code?: unknown } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY'
  return isMemory ? { code: 'OUT_OF_MEMORY', message: 'There is too little memory to lay these images out.' } : toErrorData(error)
}
