import type { ContractRouterClient } from '@orpc/contract'
import { auditsContract } from './audits.ts'
import { classesContract, labelsContract, mappingsContract } from './classes.ts'
import { assignmentsContract, clusteringsContract, clustersContract } from './clusters.ts'
import { deviceContract } from './device.ts'
import { diffContract } from './diff.ts'
import { editsContract } from './edits.ts'
import { engineContract } from './engine.ts'
import { evaluateContract } from './evaluate.ts'
import { exportsContract } from './exports.ts'
import { imagesContract } from './images.ts'
import { jobsContract } from './jobs.ts'
import { layoutsContract } from './layouts.ts'
import { foldersContract, recentProjectsContract } from './places.ts'
import { predictContract } from './predict.ts'
import { projectContract } from './project.ts'
import { runsContract } from './runs.ts'
import { storageContract } from './storage.ts'

/** Everything a shell, the page or a script may ask of the engine. */
export const contract = {
  engine: engineContract,
  device: deviceContract,
  project: projectContract,
  recentProjects: recentProjectsContract,
  folders: foldersContract,
  images: imagesContract,
  runs: runsContract,
  jobs: jobsContract,
  clusterings: clusteringsContract,
  clusters: clustersContract,
  assignments: assignmentsContract,
  classes: classesContract,
  mappings: mappingsContract,
  labels: labelsContract,
  audits: auditsContract,
  edits: editsContract,
  diff: diffContract,
  layouts: layoutsContract,
  exports: exportsContract,
  evaluate: evaluateContract,
  predict: predictContract,
  storage: storageContract,
}

export type EngineClient = ContractRouterClient<typeof contract>
