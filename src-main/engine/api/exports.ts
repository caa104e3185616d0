import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { z } from 'zod'
import type { OpenProject } from '#engine/database/project.ts'
import type { ExportPlan } from '#engine/exporting/export-plan.ts'
import { requireProof } from '#engine/exporting/purity-gate.ts'
import type { exportPayloadSchema } from '#engine/jobs/export-job.ts'
import { toClassLooks, toExportOptions, toExportRows } from '#engine/jobs/export-rows.ts'
import { embeddingBytesOf } from '#engine/jobs/run-embedding.ts'
import type { ExportRequest } from '#shared/contract/exports.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'
import { contactSheetApi } from './contact-sheet.ts'
import { featuresApi } from './features.ts'

export const exportsApi = {
  plan: api.exports.plan.handler(async ({ context, input }) => {
    const { project } = context.session()
    const { images: _, ...plan } = await planFor(project, input)
    return { ...plan, excluded: { ...plan.excluded, ...countBeside(project, plan) } }
  }),
  start: api.exports.start.handler(async ({ context, input }) => {
    const { project, queue } = context.session()
    if (!isAbsolute(input.out)) throw new SpicerackError('BAD_INPUT', 'The place of the dataset must be an absolute path.')
    if (existsSync(input.out))
      throw new SpicerackError('OUTPUT_EXISTS', say('outputExists', { path: input.out }), {
        advice: say('otherNameOrRemove'),
      })
    const plan = await planFor(project, input)
    requireProof(plan.unproven, input)
    if (plan.count === 0)
      throw new SpicerackError('NOTHING_TO_EXPORT', say('nothingPasses'), {
        advice: say('lowerExportBar'),
      })
    // In one transaction: no export without its job, whenever the process ends.
    return project.connection.write(() => {
      const { id } = project.exports.begin(input.format, input.out, input)
      const payload: z.infer<typeof exportPayloadSchema> = { exportId: id, request: input }
      return queue.add('export', payload)
    })
  }),
  features: featuresApi,
  contactSheet: contactSheetApi,
  list: api.exports.list.handler(({ context }) => context.session().project.exports.list()),
}

/** The images of a project that no choice of an export would let through. */
function countBeside({ pages, images }: OpenProject, { count, excluded }: Pick<ExportPlan, 'count' | 'excluded'>) {
  const rejected = pages.count({ status: 'ok', rejected: true })
  const planned = Object.values(excluded).reduce((sum, part) => sum + part, count)
  return { rejected, unusable: images.counts().total - planned - rejected }
}

async function planFor(project: OpenProject, request: ExportRequest): Promise<ExportPlan> {
  const { planExport } = await import('#engine/exporting/export-plan.ts')
  return planExport(toExportRows(project, request), toExportOptions(project, request), {
    audits: toClassLooks(project, request),
    embeddingBytes: request.format === 'npy' ? embeddingBytesOf(project) : 0,
  })
}
