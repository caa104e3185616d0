import { parentPort } from 'node:worker_threads'
import { createBirpc } from 'birpc'
import { deviceReport } from '#engine/runtime/device-report.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { mayHaveBfloat16 } from '#engine/runtime/processor.ts'
import { openImageSource } from '#engine/training/image-source.ts'
import { predict } from '#engine/training/predict.ts'
import { readChoices } from '#engine/training/run-choices.ts'
import { type RunHost, StageStopped } from '#engine/training/run-context.ts'
import { runStage } from '#engine/training/run-stage.ts'
import { toErrorData } from '#shared/errors.ts'
import type {
  MetricRow,
  StageOutcome,
  StageTask,
  TrainingWorkerCalls,
  TrainingWorkerEvents,
  WorkerAnswer,
} from '#shared/worker-protocol.ts'
import { modelFiles } from './model-files.ts'
import { openRunFolder } from './run-folder.ts'

/** Entry of the training worker thread: stages over a port. */
if (!parentPort) throw new Error('The training worker must be started as a worker thread.')
const port = parentPort

const reportEveryMs = 250
let isAskedToStop = false

const calls: TrainingWorkerCalls = {
  device: (request) => toAnswer(() => deviceReport(request)),
  async runStage(task) {
    isAskedToStop = false
    return runToOutcome(task)
  },
  predict: (task) =>
    toAnswer(async () => {
      const { name } = await loadBackend(task.backend)
      return { backend: name, ...(await predict(task, { files: openRunFolder(task.projectPath, task.runId), models: modelFiles })) }
    }),
  stop() {
    isAskedToStop = true
  },
}

const listeners = createBirpc<TrainingWorkerEvents, TrainingWorkerCalls>(calls, {
  post: (message) => port.postMessage(message),
  on: (receive) => port.on('message', receive),
  eventNames: ['progress', 'metrics', 'log'],
  timeout: -1,
})

async function toAnswer<Value>(work: () => Promise<Value>): Promise<WorkerAnswer<Value>> {
  try {
    return { state: 'completed', value: await work() }
  } catch (error) {
    return { state: 'failed', error: toErrorData(error) }
  }
}

async function runToOutcome(task: StageTask): Promise<StageOutcome> {
  try {
    const { name } = await loadBackend(task.backend)
    const source = openImageSource(task.pixels, task.rows)
    const host = createHost(task)
    try {
      const result = await runStage({ task, source, host })
      return { state: 'completed', backend: name, result, choices: readChoices(host.files) }
    } finally {
      host.flush()
      source.close()
    }
  } catch (error) {
    if (error instanceof StageStopped) return { state: 'stopped', step: error.step }
    return { state: 'failed', error: toErrorData(error) }
  }
}

/** Reports at most every quarter of a second; metrics in between are collected, none is lost. */
function createHost(task: StageTask): RunHost & { flush(): void } {
  const { stage } = task
  let rows: MetricRow[] = []
  let latest: Parameters<RunHost['progress']>[0] | undefined
  let reportedAt = Number.NEGATIVE_INFINITY
  const flush = (): void => {
    if (latest) listeners.progress({ stage, ...latest })
    if (rows.length > 0) listeners.metrics(rows)
    latest = undefined
    rows = []
  }
  return {
    files: openRunFolder(task.projectPath, task.runId),
    models: modelFiles,
    now: () => performance.now(),
    mayHaveBfloat16,
    shouldStop: () => isAskedToStop,
    progress(progress) {
      latest = progress
      if (performance.now() - reportedAt < reportEveryMs) return
      reportedAt = performance.now()
      flush()
    },
    metrics(step, values) {
      for (const [name, value] of Object.entries(values)) rows.push({ stage, step, name, value })
    },
    log: (message) => listeners.log(message),
    flush,
  }
}
