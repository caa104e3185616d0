import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { DecodeOptions, DecodeResult } from './decode-image.ts'
import { imageProblem } from './image-problem.ts'
import type { DecodeRequest } from './image-worker.ts'

/** A file to decode: its path on this machine, and whatever else the caller wants back with the result. */
export type FileToDecode = Readonly<{ path: string }>

export type DecodeRun<File extends FileToDecode> = Readonly<{
  signal?: AbortSignal
  /** Called in the order of the files, one at a time; the pool waits for it. `index` counts from 0. */
  onResult(file: File, result: DecodeResult, index: number): void | Promise<void>
}>

/** How many files were handed to `onResult`, and whether the run ended early because of the signal. */
export type DecodeOutcome = Readonly<{ deliveredCount: number; cancelled: boolean }>

export interface ImagePool {
  /**
   * Decodes every file. Results arrive in the order of the files; at most `4 * workerCount` are held, then reading waits for `onResult`.
   * After an abort no more results are delivered. An error thrown by `onResult` or by `files` ends the run and is thrown.
   * One run at a time for each pool.
   */
  decodeAll<File extends FileToDecode>(
    files: Iterable<File> | AsyncIterable<File>,
    options: DecodeOptions,
    run: DecodeRun<File>,
  ): Promise<DecodeOutcome>
  /** Ends the threads. */
  close(): Promise<void>
}

export type ImagePoolOptions = Readonly<{
  /** Default: the number of cores. */
  workerCount?: number
  /** Entry of the threads. */
  workerUrl?: URL
}>

/**
 * A pool of image worker threads. A thread that ends while it decodes a file is replaced, and that file becomes the problem `decoder-died`.
 *
 * The threads decode on libuv's pool, of which a process has one: start the process with `UV_THREADPOOL_SIZE` of at least the number of
 * cores where there are more than four.
 */
export function createImagePool(options: ImagePoolOptions = {}): ImagePool {
  const workerCount = options.workerCount ?? availableParallelism()
  const workerUrl = options.workerUrl ?? new URL('./image-worker.ts', import.meta.url)
  const idle: ImageThread[] = Array.from({ length: workerCount }, () => createImageThread(workerUrl))
  const threads = [...idle]
  const waiting: ((thread: ImageThread) => void)[] = []

  const borrow = async (): Promise<ImageThread> => idle.pop() ?? new Promise((resolve) => waiting.push(resolve))
  const giveBack = (thread: ImageThread) => {
    const next = waiting.shift()
    if (next) next(thread)
    else idle.push(thread)
  }

  return {
    async decodeAll(files, decodeOptions, { signal, onResult }) {
      const held: { file: FileToDecode; result: Promise<DecodeResult> }[] = []
      let deliveredCount = 0
      const deliverFirst = async () => {
        const { file, result } = held[0]!
        const value = await result
        held.shift()
        if (signal?.aborted) return
        await onResult(file as never, value, deliveredCount)
        deliveredCount++
      }
      try {
        for await (const file of files) {
          if (signal?.aborted) break
          if (held.length >= 4 * workerCount) await deliverFirst()
          const thread = await borrow()
          const result = thread.decode({ path: file.path, options: decodeOptions }).finally(() => giveBack(thread))
          held.push({ file, result })
        }
        while (held.length > 0 && !signal?.aborted) await deliverFirst()
        return { deliveredCount, cancelled: signal?.aborted ?? false }
      } finally {
        await Promise.all(held.map(({ result }) => result))
      }
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.close()))
    },
  }
}

interface ImageThread {
  decode(request: DecodeRequest): Promise<DecodeResult>
  close(): Promise<void>
}

/** One place of the pool: a thread, started at its first file and again after its death. */
function createImageThread(workerUrl: URL): ImageThread {
  let worker: Worker | undefined
  let settle: ((result: DecodeResult) => void) | undefined
  const start = (): Worker => {
    const started = new Worker(workerUrl)
    let reason = ''
    started.on('message', (result: DecodeResult) => settle?.(result))
    started.on('error', (error: unknown) => {
      reason = error instanceof Error ? error.message : String(error)
    })
    started.on('exit', (code) => {
      if (worker === started) worker = undefined
      settle?.(imageProblem('decoder-died', `The decoder ended on this file (${reason || `exit ${code}`}); the others go on.`))
    })
    started.unref()
    return started
  }
  return {
    decode(request) {
      worker ??= start()
      const present = worker
      present.ref()
      return new Promise<DecodeResult>((resolve) => {
        settle = (result) => {
          settle = undefined
          present.unref()
          resolve(result)
        }
        present.postMessage(request)
      })
    },
    async close() {
      await worker?.terminate()
    },
  }
}
