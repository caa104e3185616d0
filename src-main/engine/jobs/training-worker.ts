import { Worker } from 'node:worker_threads'
import { type BirpcReturn, createBirpc } from 'birpc'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { TrainingWorkerCalls, TrainingWorkerEvents } from '#shared/worker-protocol.ts'

const stderrTailBytes = 4000

/** The one training worker thread: started when first needed, started anew after it died. */
export interface TrainingWorker {
  /**
   * Gives `use` the worker's calls; what the worker reports meanwhile goes to `events`. One at a time: it waits for those before it.
   *
   * @throws WORKER_DIED when the thread ends during the call, with the tail of what it wrote to stderr.
   */
  use<Result>(use: (calls: TrainingWorkerCalls) => Promise<Result>, events?: TrainingWorkerEvents): Promise<Result>
  /** The same beside whatever it is doing; for calls that leave the compute device alone. */
  ask<Result>(ask: (calls: TrainingWorkerCalls) => Promise<Result>): Promise<Result>
  /** Whether somebody uses it now or waits to. */
  isBusy(): boolean
  /** Ends the thread at once; a call under way fails with WORKER_DIED. */
  kill(): Promise<void>
}

type Running = Readonly<{
  thread: Worker
  calls: BirpcReturn<TrainingWorkerCalls, TrainingWorkerEvents>
  died: Promise<never>
}>

export function createTrainingWorker(entry: URL): TrainingWorker {
  let running: Running | undefined
  let listener: TrainingWorkerEvents | undefined
  let last: Promise<unknown> = Promise.resolve()
  let userCount = 0

  const start = (): Running => {
    const thread = new Worker(entry, { stderr: true })
    let stderrTail = ''
    thread.stderr.on('data', (chunk: Buffer) => {
      stderrTail = (stderrTail + chunk.toString()).slice(-stderrTailBytes)
    })
    const calls = createBirpc<TrainingWorkerCalls, TrainingWorkerEvents>(
      {
        progress: (progress) => listener?.progress(progress),
        metrics: (rows) => listener?.metrics(rows),
        log: (message) => listener?.log(message),
      },
      {
        post: (message) => thread.postMessage(message),
        on: (receive) => thread.on('message', receive),
        eventNames: ['stop'],
        timeout: -1,
      },
    )
    const died = new Promise<never>((_, reject) => {
      let crash: unknown
      thread.once('error', (error) => {
        crash = error
      })
      thread.once('exit', (exitCode) => {
        running = undefined
        const reason = crash instanceof Error ? crash.message : `exit code ${exitCode}`
        const tail = stderrTail.trim() === '' ? '' : `\n${stderrTail.trim()}`
        reject(
          new SpicerackError('WORKER_DIED', say('workerDied', { reason, tail }), {
            advice: say('resumeOrOtherBackend'),
            cause: crash,
          }),
        )
      })
    })
    died.catch(() => undefined)
    return { thread, calls, died }
  }

  return {
    use(use, events) {
      userCount++
      const turn = last.then(async () => {
        running ??= start()
        const { calls, died } = running
        listener = events
        try {
          return await Promise.race([use(calls), died])
        } finally {
          listener = undefined
          userCount--
        }
      })
      last = turn.catch(() => undefined)
      return turn
    },
    ask(ask) {
      running ??= start()
      const { calls, died } = running
      return Promise.race([ask(calls), died])
    },
    isBusy: () => userCount > 0,
    async kill() {
      await running?.thread.terminate()
      running = undefined
    },
  }
}
