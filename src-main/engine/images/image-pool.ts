import { availableParallelism } from 'node:os'
import type { DecodeOptions, DecodeResult } from './decode-image.ts'
import { imageProblem } from './image-problem.ts'
import { createImageProcess, type ImageProcess } from './image-process.ts'

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
  /** Ends the processes. */
  close(): Promise<void>
}

export type ImagePoolOptions = Readonly<{
  /** Default: the number of cores. */
  workerCount?: number
  /** Entry of the processes. */
  workerUrl?: URL
}>

/** While one file of a process is in native code, JavaScript prepares or hands over another. */
const filesPerProcess = 2

/**
 * A pool of image processes. When one ends unexpectedly, the files it had are decoded again, each alone; one on which a process ends
 * again becomes the problem `decoder-died`.
 */
export function createImagePool(options: ImagePoolOptions = {}): ImagePool {
  const workerCount = options.workerCount ?? availableParallelism()
  const workerUrl = options.workerUrl ?? new URL('./image-worker.ts', import.meta.url)
  const processes = Array.from({ length: workerCount }, () => createImageProcess(workerUrl))
  const careful = createImageProcess(workerUrl)
  const idle = Array.from({ length: filesPerProcess }, () => processes).flat()
  const waiting: ((process: ImageProcess) => void)[] = []
  let lastCareful: Promise<unknown> = Promise.resolve()

  const borrow = async (): Promise<ImageProcess> => idle.pop() ?? new Promise((resolve) => waiting.push(resolve))
  const giveBack = (process: ImageProcess) => {
    const next = waiting.shift()
    if (next) next(process)
    else idle.push(process)
  }
  const decodeAlone = async (path: string, decodeOptions: DecodeOptions): Promise<DecodeResult> => {
    const turn = lastCareful.then(() => careful.decode(path, decodeOptions))
    lastCareful = turn
    const result = await turn
    if (result.kind !== 'died') return result
    return imageProblem('decoder-died', `The decoder ended on this file (${result.reason}); the others go on.`)
  }
  const decode = async (path: string, decodeOptions: DecodeOptions): Promise<DecodeResult> => {
    const process = await borrow()
    const result = await process.decode(path, decodeOptions).finally(() => giveBack(process))
    return result.kind === 'died' ? decodeAlone(path, decodeOptions) : result
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
          held.push({ file, result: decode(file.path, decodeOptions) })
        }
        while (held.length > 0 && !signal?.aborted) await deliverFirst()
        return { deliveredCount, cancelled: signal?.aborted ?? false }
      } finally {
        await Promise.all(held.map(({ result }) => result))
      }
    },
    async close() {
      await Promise.all([...processes, careful].map((process) => process.close()))
    },
  }
}
