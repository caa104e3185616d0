import { SpicerackError } from '#shared/errors.ts'
import { api } from './api-context.ts'
import { describeColumns } from './bytes.ts'

export const clusteringsApi = {
  list: api.clusterings.list.handler(({ context }) => context.session().project.clusterings.list()),
  choose: api.clusterings.choose.handler(({ context, input }) => context.session().project.clusterings.setCurrent(input.clusteringId)),
}

export const assignmentsColumns = api.assignments.columns.handler(({ context }) => {
  const { project } = context.session()
  const id = project.project.currentClusteringId()
  if (id === null) throw new SpicerackError('NOT_FOUND', 'There is no clustering yet.', { advice: 'Start a run first.' })
  return describeColumns(project, id)
})
