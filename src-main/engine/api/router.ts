import { auditsApi } from './audits.ts'
import { classesApi } from './classes.ts'
import { clustersReport } from './cluster-reports.ts'
import { clusteringsApi } from './clusterings.ts'
import { assignmentsApi, clustersApi } from './clusters.ts'
import { diffApi } from './diff.ts'
import { editsApi } from './edits.ts'
import { deviceApi, engineApi, projectApi } from './engine.ts'
import { evaluateApi } from './evaluate.ts'
import { exportsApi } from './exports.ts'
import { foldersApi } from './folders.ts'
import { imagesApi } from './images.ts'
import { jobsApi } from './jobs.ts'
import { labelsApi } from './labels.ts'
import { layoutsApi } from './layouts.ts'
import { mappingsApi } from './mappings.ts'
import { predictApi } from './predict.ts'
import { recentProjectsApi } from './recent-projects.ts'
import { runsApi } from './runs.ts'
import { storageApi } from './storage.ts'
import { clustersSuggest } from './suggest-clusters.ts'

/** Every procedure of the contract. */
export const router = {
  engine: engineApi,
  device: deviceApi,
  project: projectApi,
  recentProjects: recentProjectsApi,
  folders: foldersApi,
  images: imagesApi,
  runs: runsApi,
  jobs: jobsApi,
  clusterings: clusteringsApi,
  clusters: { ...clustersApi, report: clustersReport, suggest: clustersSuggest },
  assignments: assignmentsApi,
  classes: classesApi,
  mappings: mappingsApi,
  labels: labelsApi,
  audits: auditsApi,
  edits: editsApi,
  diff: diffApi,
  layouts: layoutsApi,
  exports: exportsApi,
  evaluate: evaluateApi,
  predict: predictApi,
  storage: storageApi,
}
