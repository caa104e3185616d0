import type { TrainingWorker } from '#engine/jobs/training-worker.ts'
import { fromErrorData, SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { TrainingWorkerCalls, WorkerAnswer } from '#shared/worker-protocol.ts'

/** The answer of the training worker, or its error thrown. */
export function valueOrThrow<Value>(answer: WorkerAnswer<Value>): Value {
  if (answer.state === 'failed') throw fromErrorData(answer.error)
  return answer.value
}

/**
 * Lets the training worker compute something while the caller waits.
 *
 * @throws CONFLICT when it trains: the caller would wait for hours.
 */
export async function computeNow<Value>(
  worker: TrainingWorker,
  compute: (calls: TrainingWorkerCalls) => Promise<WorkerAnswer<Value>>,
): Promise<Value> {
  if (worker.isBusy())
    throw new SpicerackError('CONFLICT', say('deviceBusy'), {
      advice: say('pauseOrWait'),
    })
  return valueOrThrow(await worker.use(compute))
}
