import type { OpenProject } from '#engine/database/project.ts'
import { embeddingFileOf } from '#engine/jobs/run-embedding.ts'
import type { Layout } from '#shared/contract/layouts.ts'
import type { RunId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'
import { describeMapColumns } from './map-columns.ts'
import type { ProjectSession } from './project-session.ts'

export const layoutsApi = {
  get: api.layouts.get.handler(({ context }) => describeLayout(context.session())),
  compute: api.layouts.compute.handler(({ context }) => {
    const session = context.session()
    const runId = runToShow(session.project)
    if (runId !== undefined) session.layouts.compute(runId)
    return describeLayout(session)
  }),
  cancel: api.layouts.cancel.handler(async ({ context }) => {
    const session = context.session()
    const runId = runToShow(session.project)
    if (runId !== undefined) await session.layouts.cancel(runId)
    return describeLayout(session)
  }),
  columns: api.layouts.columns.handler(({ context }) => {
    const { project } = context.session()
    const runId = runToShow(project)
    if (runId === undefined) throw new SpicerackError('NOT_FOUND', say('noEmbedding'), { advice: say('runUpToEmbed') })
    return describeMapColumns(project, runId)
  }),
}

function describeLayout({ project, layouts }: ProjectSession): Layout {
  const runId = runToShow(project)
  if (runId === undefined) return { runId: null, imageCount: 0, state: { kind: 'noEmbedding' } }
  return { runId, imageCount: project.runs.get(runId).imageCount, state: layouts.stateOf(runId) }
}

/** The run behind the current clustering, else the newest that has embedded its images. */
function runToShow(project: OpenProject): RunId | undefined {
  const current = project.project.currentClusteringId()
  const candidates = [...(current === null ? [] : [project.clusterings.get(current).runId]), ...project.runs.list().map(({ id }) => id)]
  return candidates.find((runId) => embeddingFileOf(project, runId) !== undefined)
}
