import { parentPort } from 'node:worker_threads'
import { type OpenProject, readProject } from '#engine/database/project.ts'
import { exportDataset } from '#engine/exporting/export-dataset.ts'
import { planExport } from '#engine/exporting/export-plan.ts'
import type { ExportEmbeddings, ExportRow } from '#engine/exporting/export-row.ts'
import type { ExportRequest } from '#shared/contract/exports.ts'
import { SpicerackError, toErrorData } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { ExportAnswer, ExportOutcome, ExportTask, PlannedExport } from './export-messages.ts'
import { toClassLooks, toExportOptions, toExportRows } from './export-rows.ts'
import { embeddingBytesOf, readRunEmbedding } from './run-embedding.ts'

/** Entry of a thread that plans and writes exports, so that the engine answers meanwhile. One task at a time. */
const progressPauseMs = 100
let toldAt = 0

parentPort?.on('message', (task: ExportTask) => void perform(task))

async function perform({ kind, projectPath, request, stop }: ExportTask): Promise<void> {
  try {
    const project = readProject(projectPath)
    try {
      if (kind === 'plan') tell({ kind: 'planned', plan: plan(project, request) })
      else tell({ kind: 'written', outcome: await write(project, request, stop) })
    } finally {
      project.close()
    }
  } catch (error) {
    tell({ kind: 'failed', error: toErrorData(error) })
  }
}

function plan(project: OpenProject, request: ExportRequest): PlannedExport {
  const { rows, rejectedCount } = toExportRows(project, request)
  const { images: _, ...planned } = planExport(rows, toExportOptions(project, request), {
    audits: toClassLooks(project, request),
    embeddingBytes: request.format === 'npy' ? embeddingBytesOf(project) : 0,
  })
  const rest = project.images.counts().total - rows.length - rejectedCount
  return { ...planned, excluded: { ...planned.excluded, rejected: rejectedCount, unusable: rest } }
}

async function write(project: OpenProject, request: ExportRequest, stop: Int32Array): Promise<ExportOutcome> {
  const { rows } = toExportRows(project, request)
  const { count, sizeBytes, problemCounts, copiedInsteadOfLinked } = await exportDataset(rows, toExportOptions(project, request), {
    signal: {
      get aborted() {
        return Atomics.load(stop, 0) === 1
      },
    },
    ...(request.format === 'npy' ? { embeddings: toExportEmbeddings(project, rows) } : {}),
    audits: toClassLooks(project, request),
    onProgress,
  })
  return { count, sizeBytes, problemCounts, copiedInsteadOfLinked }
}

/** The vectors of the run behind the current clustering, in the order of `rows`. */
function toExportEmbeddings(project: OpenProject, rows: readonly ExportRow[]): ExportEmbeddings {
  const id = project.project.currentClusteringId()
  const embedding = id === null ? undefined : readRunEmbedding(project, project.clusterings.get(id).runId)
  if (!embedding)
    throw new SpicerackError('NOTHING_TO_EXPORT', say('nothingEmbedded'), {
      advice: say('runUpToEmbed'),
    })
  const { dimension, rowOf } = embedding
  const values = new Float32Array(rows.length * dimension)
  rows.forEach(({ imageId }, index) => {
    const row = rowOf.get(Number(imageId))
    if (row === undefined)
      throw new SpicerackError('NOTHING_TO_EXPORT', say('addedAfterRun'), {
        advice: say('runAgainOrOther'),
      })
    values.set(embedding.values.subarray(row * dimension, (row + 1) * dimension), index * dimension)
  })
  return { dim: dimension, values }
}

function onProgress({ done, total }: Readonly<{ done: number; total: number }>): void {
  if (performance.now() - toldAt < progressPauseMs) return
  toldAt = performance.now()
  tell({ kind: 'progress', done, total })
}

function tell(answer: ExportAnswer): void {
  parentPort?.postMessage(answer)
}
