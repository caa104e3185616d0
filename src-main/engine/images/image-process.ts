import type { ChildProcess } from 'node:child_process'
import { holdChildProcess, startChildProcess } from './child-process.ts'
import type { DecodeOptions, DecodeResult } from './decode-image.ts'

export type DecodeRequest = Readonly<{ id: number; path: string; options: DecodeOptions }>
export type DecodeAnswer = Readonly<{ id: number; result: DecodeResult }>

/** How a process ended that had work, for a person. */
export type Died = Readonly<{ kind: 'died'; reason: string }>

export interface ImageProcess {
  decode(path: string, options: DecodeOptions): Promise<DecodeResult | Died>
  close(): Promise<void>
}

type Settle = (result: DecodeResult | Died) => void
type Running = Readonly<{ child: ChildProcess; waiting: Map<number, Settle> }>

const stderrTailBytes = 1000
/** After so long without a file its memory is given back. */
const idleMs = 15_000

/**
 * A process of its own that decodes files, so that native code that crashes on one takes nothing else with it. Started at its first
 * file, and again after its end; it ends by itself when the process that started it is gone.
 */
export function createImageProcess(entry: URL): ImageProcess {
  let running: Running | undefined
  let idle: NodeJS.Timeout | undefined
  let nextId = 1

  const start = (): Running => {
    const child = startChildProcess(entry)
    const started: Running = { child, waiting: new Map() }
    const { waiting } = started
    let stderrTail = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      stderrTail = (stderrTail + chunk.toString()).slice(-stderrTailBytes)
    })
    child.on('message', ({ id, result }: DecodeAnswer) => {
      waiting.get(id)?.(result)
      waiting.delete(id)
      if (waiting.size === 0) rest(child)
    })
    const end = (reason: string): void => {
      if (running === started) running = undefined
      const error = stderrTail.match(/^\w*Error: .*$/m)?.[0]
      for (const settle of waiting.values()) settle({ kind: 'died', reason: error ? `${reason}, ${error}` : reason })
      waiting.clear()
    }
    child.once('error', (error) => end(error.message))
    child.once('close', (code, signal) => end(signal ?? `exit ${code}`))
    return started
  }
  const rest = (child: ChildProcess): void => {
    holdChildProcess(child, 'unref')
    idle = setTimeout(() => {
      running = undefined
      child.disconnect()
    }, idleMs)
    idle.unref()
  }

  return {
    decode(path, options) {
      clearTimeout(idle)
      running ??= start()
      const { child, waiting } = running
      holdChildProcess(child, 'ref')
      const id = nextId++
      return new Promise((resolve) => {
        waiting.set(id, resolve)
        // What could not be sent never gets an answer; its end tells those who wait.
        child.send({ id, path, options } satisfies DecodeRequest, (error) => void (error && child.kill('SIGKILL')))
      })
    },
    async close() {
      clearTimeout(idle)
      const child = running?.child
      running = undefined
      if (!child) return
      holdChildProcess(child, 'ref')
      const closed = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGKILL')
      await closed
    },
  }
}
