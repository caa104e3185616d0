import type { TrainingWorker } from '#engine/jobs/training-worker.ts'
import { fromErrorData, SpicerackError } from '#shared/errors.ts'
import type { TrainingWorkerCalls, WorkerAnswer } from '#shared/worker-protocol.ts'

/**
 * Asks the training worker something that is answered while the caller waits.
 *
 * @throws CONFLICT when it trains: the caller would wait for hours.
 */
export async function askWorker<Value>(
  worker: TrainingWorker,
  ask: (calls: TrainingWorkerCalls) => Promise<WorkerAnswer<Value>>,
): Promise<Value> {
  if (worker.isBusy())
    throw new SpicerackError('CONFLICT', 'The compute device is in use; nothing was changed.', {
      advice: 'Pause the run or wait until it is done, then ask again.',
    })
  const answer = await worker.use(ask)
  if (answer.state === 'failed') throw fromErrorData(answer.error)
  return answer.value
}
