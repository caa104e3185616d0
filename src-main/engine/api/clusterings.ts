import type { OpenProject } from '#engine/database/project.ts'
import type { Clustering } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'

export const clusteringsApi = {
  list: api.clusterings.list.handler(({ context }) => context.session().project.clusterings.list()),
  choose: api.clusterings.choose.handler(({ context, input }) => context.session().project.clusterings.setCurrent(input.clusteringId)),
}

/** @throws NOT_FOUND before the first clustering. */
export function currentClustering(project: OpenProject): Clustering {
  const id = project.project.currentClusteringId()
  if (id === null) throw new SpicerackError('NOT_FOUND', say('noClustering'), { advice: say('startRunFirst') })
  return project.clusterings.get(id)
}
