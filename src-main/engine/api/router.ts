import { api } from './api-context.ts'
import { assignmentsColumns, clusteringsApi } from './clusterings.ts'
import { deviceApi, engineApi, projectApi } from './engine.ts'
import { exportsApi } from './exports.ts'
import { imagesApi } from './images.ts'
import { jobsApi } from './jobs.ts'
import { runsApi } from './runs.ts'

/** Every procedure of the contract that is implemented. */
export const router = {
  engine: engineApi,
  device: deviceApi,
  project: projectApi,
  images: imagesApi,
  runs: runsApi,
  jobs: jobsApi,
  clusterings: clusteringsApi,
  assignments: { columns: assignmentsColumns },
  clusters: { list: api.clusters.list.handler(({ context }) => context.session().project.clusters.list()) },
  classes: { list: api.classes.list.handler(({ context }) => context.session().project.classes.list()) },
  mappings: { list: api.mappings.list.handler(({ context }) => context.session().project.labels.mappings()) },
  labels: { list: api.labels.list.handler(({ context }) => context.session().project.labels.list('human')) },
  exports: exportsApi,
}
