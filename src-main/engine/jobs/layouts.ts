import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OpenProject } from '#engine/database/project.ts'
import type { Layout } from '#shared/contract/layouts.ts'
import type { RunId } from '#shared/entities.ts'
import { type ErrorData, SpicerackError } from '#shared/errors.ts'
import type { LayoutMessage, LayoutTask } from '#shared/layout-protocol.ts'
import { say } from '#shared/said.ts'
import { embeddingFileOf } from './run-embedding.ts'

type LayoutState = Layout['state']

/**
 * The layouts of runs, each computed by a process of its own when somebody wants to see it, also while the training worker is busy. Not
 * jobs: nobody waits for them elsewhere, and nothing is lost with one that is cut off. What is done lies in embeddings/<run>.layout.f32.
 */
export interface Layouts {
  stateOf(runId: RunId): LayoutState
  /** Nothing where it is done, under way, or not possible yet. */
  compute(runId: RunId): void
  cancel(runId: RunId): Promise<void>
  /** The bytes of a finished layout, `[images, 2]` float32; undefined when there is none with this hash. */
  read(runId: RunId, hash: string): Buffer | undefined
  close(): Promise<void>
}

type Computing = { readonly child: ChildProcess; readonly startedAt: number; doneRatio: number }

const seed = 0
const stderrTailBytes = 2000
/** Below this the time left cannot be told. */
const leastRatio = 0.02

export function createLayouts(project: OpenProject, entry: URL): Layouts {
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
    const child = computing.get(runId)?.child
    computing.delete(runId)
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
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
      const child = start(entry)
      const work: Computing = { child, startedAt: performance.now(), doneRatio: 0 }
      computing.set(runId, work)
      const end = (error?: ErrorData): void => {
        if (computing.get(runId) !== work) return
        computing.delete(runId)
        if (error) failures.set(runId, error)
      }
      let stderrTail = ''
      child.stderr?.on('data', (chunk: Buffer) => {
        stderrTail = (stderrTail + chunk.toString()).slice(-stderrTailBytes)
      })
      child.on('message', (message: LayoutMessage) => {
        if (message.kind === 'progress') work.doneRatio = message.doneRatio
        else end(message.kind === 'failed' ? message.error : undefined)
      })
      child.once('error', (error) => end(died(error.message, stderrTail)))
      child.once('close', (code, signal) => end(died(signal ?? `exit code ${code}`, stderrTail)))
      child.send({ embeddingPath, count: project.runs.get(runId).imageCount, seed, layoutPath: pathOf(runId) } satisfies LayoutTask)
    },
    cancel: stop,
    read: (runId, hash) => (hashOf(runId) === hash ? readFileSync(pathOf(runId)) : undefined),
    close: async () => void (await Promise.all([...computing.keys()].map(stop))),
  }
}

/** TensorFlow in it stays off the GPU, whose memory the training worker may hold. */
function start(entry: URL): ChildProcess {
  const env = { ...process.env, CUDA_VISIBLE_DEVICES: '' }
  return fork(fileURLToPath(entry), { env, execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
}

function secondsLeft({ startedAt, doneRatio }: Computing): number | null {
  return doneRatio < leastRatio ? null : ((performance.now() - startedAt) / 1000 / doneRatio) * (1 - doneRatio)
}

function died(reason: string, stderrTail: string): ErrorData {
  const tail = stderrTail.trim() === '' ? '' : `\n${stderrTail.trim()}`
  return new SpicerackError('WORKER_DIED', say('layoutDied', { reason, tail }), { advice: say('layoutAgain') }).toData()
}
