import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { OpenProject } from '#engine/database/project.ts'
import type { ExportReceipt } from '#engine/exporting/export-receipt.ts'
import type { ExportEmbeddings, ExportRow } from '#engine/exporting/export-row.ts'
import { exportRequestSchema } from '#shared/contract/exports.ts'
import { exportIdSchema } from '#shared/entities.ts'
import { SpicerackError, toErrorData } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { toClassLooks, toExportOptions, toExportRows } from './export-rows.ts'
import type { JobRunner } from './job-queue.ts'
import { readRunEmbedding } from './run-embedding.ts'

export const exportPayloadSchema = z.object({ exportId: exportIdSchema, request: exportRequestSchema })

/** Writes a dataset. What was begun and not finished leaves nothing behind and is done again from the start. */
export function createExportRunner(project: OpenProject): JobRunner {
  return async ({ job, signal, report }) => {
    const { exportId, request } = exportPayloadSchema.parse(job.payload)
    const rows = toExportRows(project, request)
    const nothing = { imageCount: 0, sizeBytes: 0 }
    try {
      const embeddings = request.format === 'npy' ? { embeddings: toExportEmbeddings(project, rows) } : {}
      const { exportDataset } = await import('#engine/exporting/export-dataset.ts')
      const startedAt = performance.now()
      const receipt = await exportDataset(rows, toExportOptions(project, request), {
        signal,
        ...embeddings,
        audits: toClassLooks(project, request),
        onProgress: ({ done, total }) => {
          const rate = done / Math.max(0.001, (performance.now() - startedAt) / 1000)
          report({ done, total, rate, secondsLeft: rate > 0 ? (total - done) / rate : null, stage: null, note: say('writingDataset') })
        },
      })
      project.exports.end(exportId, toResult(receipt))
      return 'completed'
    } catch (error) {
      const { code } = toErrorData(error)
      const finished = code === 'OUTPUT_EXISTS' ? readManifest(request.out) : undefined
      if (finished) {
        // The place was free when the job was made: the process died after the rename and before this row.
        project.exports.end(exportId, toResult(finished))
        return 'completed'
      }
      project.exports.end(exportId, { state: code === 'CANCELLED' ? 'cancelled' : 'failed', ...nothing })
      throw error
    }
  }
}

/** What is kept of an export, and is in its manifest too. */
type Outcome = Pick<ExportReceipt, 'count' | 'sizeBytes' | 'problemCounts' | 'copiedInsteadOfLinked'>

function toResult({ count, sizeBytes, problemCounts, copiedInsteadOfLinked }: Outcome) {
  return { state: 'completed' as const, imageCount: count, sizeBytes, problems: { ...problemCounts, copiedInsteadOfLinked } }
}

function readManifest(out: string): Outcome | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as Outcome & { kind?: unknown }
    return manifest.kind === 'spicerack-dataset' ? manifest : undefined
  } catch {
    return undefined
  }
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
