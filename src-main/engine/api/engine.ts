import { availableParallelism, totalmem } from 'node:os'
import { installTensorFlow } from '#engine/jobs/tensorflow-install.ts'
import type { Project } from '#shared/entities.ts'
import { type ApiContext, api } from './api-context.ts'
import { rememberProject } from './recent-projects.ts'
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
  install: api.device.install.handler(async function* ({ context, input, signal }) {
    yield* installTensorFlow(context.installerEntry, input.build, signal)
    // A thread that computes on something else keeps it for ever; the next one finds TensorFlow.
    if (!context.worker.isBusy()) await context.worker.kill()
  }),
}

export const projectApi = {
  create: api.project.create.handler(({ context, input }) => openRemembered(context, input.path, true)),
  open: api.project.open.handler(({ context, input }) => openRemembered(context, input.path, false)),
  close: api.project.close.handler(async ({ context }) => {
    // Once more, with the number of images that it has now.
    if (context.hasSession()) rememberProject(context, context.session())
    return { closed: await context.close() }
  }),
  get: api.project.get.handler(({ context }) => context.session().project.describe()),
}

async function openRemembered(context: ApiContext, path: string, isNew: boolean): Promise<Project> {
  const session = await context.open(path, isNew)
  rememberProject(context, session)
  return session.project.describe()
}
