import { implement } from '@orpc/server'
import type { ImagePool } from '#engine/images/image-pool.ts'
import type { TrainingWorker } from '#engine/jobs/training-worker.ts'
import { contract } from '#shared/contract/contract.ts'
import type { ProjectSession } from './project-session.ts'

/** What procedures work with. */
export interface ApiContext {
  readonly pool: ImagePool
  readonly worker: TrainingWorker
  /** Program that installs TensorFlow. */
  readonly installerEntry: URL
  readonly startedAt: number
  readonly version: string
  /** Where recent projects and the sample project are kept; undefined to keep none. */
  readonly stateFolder: string | undefined
  /** The folders that may be listed, with what lies in them; undefined for all. */
  readonly folderRoots: readonly string[] | undefined
  /** @throws PROJECT_NOT_OPEN */
  session(): ProjectSession
  hasSession(): boolean
  open(path: string, isNew: boolean): Promise<ProjectSession>
  close(): Promise<boolean>
}

/** The contract, ready to be implemented procedure by procedure. */
export const api = implement(contract).$context<ApiContext>()
