import { availableParallelism, totalmem } from 'node:os'
import { api } from './api-context.ts'
import { valueOrThrow } from './worker-answer.ts'

export const engineApi = {
  status: api.engine.status.handler(({ context }) => {
    const session = context.hasSession() ? context.session() : undefined
    return {
      version: context.version,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      startedAt: context.startedAt,
      project: session?.project.describe() ?? null,
      activeJobCount: session?.queue.activeCount() ?? 0,
    }
  }),
}

export const deviceApi = {
  report: api.device.report.handler(async ({ context, input }) => {
    const { used, providers } = valueOrThrow(await context.worker.ask((calls) => calls.device(input)))
    return { used, providers }
  }),
}

export const projectApi = {
  create: api.project.create.handler(async ({ context, input }) => (await context.open(input.path, true)).project.describe()),
  open: api.project.open.handler(async ({ context, input }) => (await context.open(input.path, false)).project.describe()),
  close: api.project.close.handler(async ({ context }) => ({ closed: await context.close() })),
  get: api.project.get.handler(({ context }) => context.session().project.describe()),
}
