import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Handle } from '#main/server/request-handler.ts'
import { createSocketCarrier } from '#main/server/socket-shell.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { type EngineChild, spawnEngineChild } from './engine-child.ts'

const firstPauseMs = 200
const longestPauseMs = 10_000
/** An engine that lived this long was not in trouble from the start: the pauses begin anew. */
const healthyAfterMs = 60_000
/** How long a request waits for an engine that is starting. */
const patienceMs = 15_000

/** The engine's process, started anew whenever it ends by itself. */
export interface EngineProcess {
  /** Carries a request there; 503 when there is no engine to answer it. */
  readonly handle: Handle
  readonly processId: () => number | undefined
  stop(): Promise<void>
}

type Options = Readonly<{
  node: string
  entry: string
  /** Folder in which Node keeps what it made of the engine's sources, for the next start. */
  compileCache: string
  log(line: string): void
  /** Makes a new engine ready before anybody else may ask it something; `isRestart` when one before it was lost. */
  prepare(carry: Handle, isRestart: boolean): Promise<void>
}>

export function startEngineProcess({ node, entry, compileCache, log, prepare }: Options): EngineProcess {
  const socketPath = newSocketPath()
  const carry = createSocketCarrier(socketPath)
  const stopping = new AbortController()
  let child: EngineChild | undefined
  let usable: Promise<void> | undefined

  const live = async (): Promise<void> => {
    let pauseMs = firstPauseMs
    for (let life = 0; !stopping.signal.aborted; life++) {
      const startedAt = Date.now()
      child = spawnEngineChild({ node, entry, compileCache, socketPath, log })
      log(`engine: process ${child.processId} started`)
      usable = child.ready.then(() => prepare(carry, life > 0))
      usable.catch(() => undefined)
      const reason = await child.ended
      log(`engine: process ${child.processId} is gone, ${reason}`)
      if (stopping.signal.aborted) return
      pauseMs = Date.now() - startedAt > healthyAfterMs ? firstPauseMs : Math.min(longestPauseMs, pauseMs * 2)
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const lives = live()

  return {
    processId: () => child?.processId,
    async handle(request) {
      try {
        await Promise.race([usable, delay(patienceMs, undefined, { ref: false })])
        return await carry(request)
      } catch (error) {
        return Response.json(new SpicerackError('WORKER_DIED', say('engineSilent', { detail: (error as Error).message })).toData(), {
          status: 503,
        })
      }
    },
    async stop() {
      stopping.abort()
      await child?.end()
      await lives
      if (process.platform !== 'win32') rmSync(dirname(socketPath), { recursive: true, force: true })
    },
  }
}

/** In a folder that only this user may enter. */
function newSocketPath(): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\spicerack-${randomUUID()}`
  return join(mkdtempSync(join(tmpdir(), 'spicerack-')), 'engine.sock')
}
