import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { OpenProject } from '#engine/database/project.ts'
import type { ImageId, JobProgress, Run } from '#shared/entities.ts'
import { runIdSchema } from '#shared/entities.ts'
import { fromErrorData, SpicerackError, toErrorData } from '#shared/errors.ts'
import { stageNames } from '#shared/jobs.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import { say } from '#shared/said.ts'
import type { BackendChoice, StageProgress, StageTask, TrainingWorkerEvents } from '#shared/worker-protocol.ts'
import type { JobContext, JobRunner } from './job-queue.ts'
import { pixelPackPath } from './pixel-settings.ts'
import { readRunDecisions } from './run-decisions.ts'
import { saveStageResult } from './stage-results.ts'
import type { TrainingWorker } from './training-worker.ts'

const runPayloadSchema = z.object({ runId: runIdSchema, lastStage: z.enum(stageNames) })
export type RunPayload = z.infer<typeof runPayloadSchema>

/** Runs the stages of a run one after the other in the training worker, from the first that is not completed. */
export function createRunRunner(project: OpenProject, worker: TrainingWorker, onMetrics: (runId: Run['id']) => void): JobRunner {
  return async (context) => {
    const { runId, lastStage } = runPayloadSchema.parse(context.job.payload)
    const wanted = stageNames.slice(0, stageNames.indexOf(lastStage) + 1)
    const run = project.runs.get(runId)
    mkdirSync(project.folder.run(runId), { recursive: true })
    for (const stage of wanted) {
      if (run.stages.find(({ name }) => name === stage)?.state === 'completed') continue
      if (context.signal.aborted) return 'stopped'
      const isDone = await runStage({ project, worker, onMetrics, context, run }, stage)
      if (!isDone) return 'stopped'
    }
    return 'completed'
  }
}

type Place = Readonly<{
  project: OpenProject
  worker: TrainingWorker
  onMetrics: (runId: Run['id']) => void
  context: JobContext
  run: Run
}>

async function runStage(place: Place, stage: StageTask['stage']): Promise<boolean> {
  const { project, worker, context, run } = place
  project.runs.changeStage(run.id, stage, { state: 'running', startedAt: Date.now(), error: null })
  appendLog(place, { stage, event: 'started' })
  try {
    const trouble = new AbortController()
    const outcome = await worker.use(
      async (calls) => {
        const stop = (): void => calls.stop()
        for (const signal of [context.signal, trouble.signal]) signal.addEventListener('abort', stop)
        try {
          if (context.signal.aborted) return { state: 'stopped' as const, step: null }
          return await calls.runStage(toStageTask(project, run, stage))
        } finally {
          for (const signal of [context.signal, trouble.signal]) signal.removeEventListener('abort', stop)
        }
      },
      toWorkerEvents(place, (error) => trouble.abort(error)),
    )
    if (trouble.signal.aborted) throw trouble.signal.reason
    if (outcome.state === 'failed') throw fromErrorData(outcome.error)
    if (outcome.state === 'stopped') {
      project.runs.changeStage(run.id, stage, { state: 'stopped', ...(outcome.step !== null && { step: outcome.step }) })
      appendLog(place, { stage, event: 'stopped', step: outcome.step })
      return false
    }
    saveStageResult(project, run.id, outcome)
    appendLog(place, { stage, event: 'completed', backend: outcome.backend })
    return true
  } catch (error) {
    const data = toErrorData(error)
    try {
      project.runs.changeStage(run.id, stage, { state: 'failed', error: data })
      appendLog(place, { stage, event: 'failed', ...data })
    } catch {
      // Nothing can be written; the job says why it failed.
    }
    throw error
  }
}

/** What the worker says, passed on to the job, the series of the run and its log file; what cannot be kept goes to `onTrouble`. */
function toWorkerEvents(place: Place, onTrouble: (error: unknown) => void): TrainingWorkerEvents {
  const { project, context, run, onMetrics } = place
  const keep = (write: () => void): void => {
    try {
      write()
    } catch (error) {
      onTrouble(error)
    }
  }
  return {
    progress: (progress) => {
      context.report(toJobProgress(progress))
      keep(() => project.runs.changeStage(run.id, progress.stage, { step: progress.step, totalSteps: progress.totalSteps }))
    },
    metrics: (rows) => {
      keep(() => project.metrics.add(rows.map((row) => ({ ...row, runId: run.id }))))
      onMetrics(run.id)
    },
    log: (said) => {
      context.log(said.text)
      keep(() => appendLog(place, { event: 'log', line: said.text, said }))
    },
  }
}

function toJobProgress({ stage, step, totalSteps, imagesPerSecond, secondsLeft, note }: StageProgress): JobProgress {
  const isKnown = Number.isFinite(imagesPerSecond) && imagesPerSecond >= 0
  return { done: step, total: totalSteps, rate: isKnown ? imagesPerSecond : null, secondsLeft, stage, note }
}

function toStageTask(project: OpenProject, run: Run, stage: StageTask['stage']): StageTask {
  const imageIds = project.runs.imageIds(run.id)
  const pixelRows = project.images.pixelRows()
  const rows = Int32Array.from(imageIds, (id) => pixelRows.get(id) ?? pixelRowOf(project, id))
  const packCount = rows.reduce((highest, row) => Math.max(highest, row + 1), 0)
  return {
    stage,
    projectPath: project.folder.path,
    runId: run.id,
    seed: run.seed,
    backend: run.backendChoice as BackendChoice,
    recipe: run.recipe as unknown as ResolvedRecipe,
    clusterCount: run.clusterCount,
    pixels: { path: pixelPackPath(project.folder, run.imageSizePx), size: run.imageSizePx, count: packCount },
    rows,
    ...readRunDecisions(project, run.id),
  }
}

/** @throws CONFLICT for an image without decoded pixels: it was readable when the run was made, and is not now. */
function pixelRowOf(project: OpenProject, id: ImageId): number {
  const { pixelRow, path, reason } = project.images.get(id)
  if (pixelRow !== null) return pixelRow
  throw new SpicerackError('CONFLICT', reason === null ? say('pixelsLost', { path }) : say('noPictureAnyMore', { path, reason }), {
    advice: say('putBackOrNewRun'),
  })
}

function appendLog({ project, run }: Place, entry: Readonly<Record<string, unknown>>): void {
  appendFileSync(join(project.folder.run(run.id), 'log.ndjson'), `${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`)
}
