import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { OpenProject } from '#engine/database/project.ts'
import { exportRequestSchema } from '#shared/contract/exports.ts'
import { exportIdSchema } from '#shared/entities.ts'
import { toErrorData } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { ExportOutcome } from './export-messages.ts'
import type { Exporter } from './exporter.ts'
import type { JobRunner } from './job-queue.ts'

export const exportPayloadSchema = z.object({ exportId: exportIdSchema, request: exportRequestSchema })

/** Writes a dataset. What was begun and not finished leaves nothing behind and is done again from the start. */
export function createExportRunner({ exports }: Pick<OpenProject, 'exports'>, exporter: Pick<Exporter, 'write'>): JobRunner {
  return async ({ job, signal, report }) => {
    const { exportId, request } = exportPayloadSchema.parse(job.payload)
    const nothing = { imageCount: 0, sizeBytes: 0 }
    try {
      const startedAt = performance.now()
      const outcome = await exporter.write(request, {
        signal,
        onProgress: ({ done, total }) => {
          const rate = done / Math.max(0.001, (performance.now() - startedAt) / 1000)
          report({ done, total, rate, secondsLeft: rate > 0 ? (total - done) / rate : null, stage: null, note: say('writingDataset') })
        },
      })
      exports.end(exportId, toResult(outcome))
      return 'completed'
    } catch (error) {
      const { code } = toErrorData(error)
      const finished = code === 'OUTPUT_EXISTS' ? readManifest(request.out) : undefined
      if (finished) {
        // The place was free when the job was made: the process died after the rename and before this row.
        exports.end(exportId, toResult(finished))
        return 'completed'
      }
      exports.end(exportId, { state: code === 'CANCELLED' ? 'cancelled' : 'failed', ...nothing })
      throw error
    }
  }
}

function toResult({ count, sizeBytes, problemCounts, copiedInsteadOfLinked }: ExportOutcome) {
  return { state: 'completed' as const, imageCount: count, sizeBytes, problems: { ...problemCounts, copiedInsteadOfLinked } }
}

function readManifest(out: string): ExportOutcome | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as ExportOutcome & { kind?: unknown }
    return manifest.kind === 'spicerack-dataset' ? manifest : undefined
  } catch {
    return undefined
  }
}
