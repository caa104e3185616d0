import { type OpenProject, readProject } from '#engine/database/project.ts'
import { exportDataset } from '#engine/exporting/export-dataset.ts'
import { planExport } from '#engine/exporting/export-plan.ts'
import type { ExportEmbeddings, ExportRow } from '#engine/exporting/export-row.ts'
import { SpicerackError, toErrorData } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { ExportAnswer, ExportOrder, ExportOutcome, ExportTask, PlannedExport } from './export-messages.ts'
import { toClassLooks, toExportOptions, toExportRows } from './export-rows.ts'
import { embeddingBytesOf, readRunEmbedding } from './run-embedding.ts'

/** Entry of a process that plans and writes exports, so that the engine answers meanwhile. One task at a time. */
const progressPauseMs = 100
let toldAt = 0
let isStopped = false

process.on('message', (order: ExportOrder) => {
  if (order.kind === 'stop') isStopped = true
  else void perform(order)
})
process.on('disconnect', () => process.exit())

async function perform(task: ExportTask): Promise<void> {
  try {
    const source = readSource(task)
    tell(task.kind === 'plan' ? { kind: 'planned', plan: plan(source) } : { kind: 'written', outcome: await write(source) })
  } catch (error) {
    tell({ kind: 'failed', error: toErrorData(error) })
  }
}

/** What an export needs of a project; closed before the work, so that the log of edits does not have to keep the state that was read. */
function readSource({ kind, projectPath, request }: ExportTask) {
  const project = readProject(projectPath)
  try {
    const { rows, rejectedCount } = toExportRows(project, request)
    return {
      rows,
      rejectedCount,
      options: toExportOptions(project, request),
      audits: toClassLooks(project, request),
      totalCount: project.images.counts().total,
      embeddingBytes: request.format === 'npy' ? embeddingBytesOf(project) : 0,
      embeddings: kind === 'write' && request.format === 'npy' ? toExportEmbeddings(project, rows) : undefined,
    }
  } finally {
    project.close()
  }
}
type Source = ReturnType<typeof readSource>

function plan({ rows, rejectedCount, options, audits, totalCount, embeddingBytes }: Source): PlannedExport {
  const { images: _, ...planned } = planExport(rows, options, { audits, embeddingBytes })
  const unusable = totalCount - rows.length - rejectedCount
  return { ...planned, excluded: { ...planned.excluded, rejected: rejectedCount, unusable } }
}

async function write({ rows, options, audits, embeddings }: Source): Promise<ExportOutcome> {
  const { count, sizeBytes, problemCounts, copiedInsteadOfLinked } = await exportDataset(rows, options, {
    signal: {
      get aborted() {
        return isStopped
      },
    },
    ...(embeddings ? { embeddings } : {}),
    audits,
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
  process.send?.(answer)
}
