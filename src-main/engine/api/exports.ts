import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { z } from 'zod'
import { requireProof } from '#engine/exporting/purity-gate.ts'
import type { exportPayloadSchema } from '#engine/jobs/export-job.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'
import { contactSheetApi } from './contact-sheet.ts'
import { featuresApi } from './features.ts'

export const exportsApi = {
  plan: api.exports.plan.handler(({ context, input, signal }) => context.session().exporter.plan(input, signal)),
  start: api.exports.start.handler(async ({ context, input, signal }) => {
    const { project, queue, exporter } = context.session()
    if (!isAbsolute(input.out)) throw new SpicerackError('BAD_INPUT', say('datasetAbsolute'))
    if (existsSync(input.out))
      throw new SpicerackError('OUTPUT_EXISTS', say('outputExists', { path: input.out }), {
        advice: say('otherNameOrRemove'),
      })
    const plan = await exporter.plan(input, signal)
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
