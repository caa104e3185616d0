import { readFileSync } from 'node:fs'
import { createProject, openProject } from '#engine/database/project.ts'
import { createImagePool } from '#engine/images/image-pool.ts'
import { createTrainingWorker } from '#engine/jobs/training-worker.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { ApiContext } from './api/api-context.ts'
import { createProjectSession, type ProjectSession } from './api/project-session.ts'
import { createRequestRouter } from './api/request-router.ts'
import { router } from './api/router.ts'

export type EngineOptions = Readonly<{
  /** Where bugs are written; never sent to a caller. */
  reportBug(error: unknown): void
  /** Entry of the training worker thread. */
  workerEntry?: URL
  /** Program that lays images out. */
  layoutEntry?: URL
  /** Program that installs TensorFlow. */
  installerEntry?: URL
  /** The folders that may be listed, with what lies in them; all when it is left out. */
  folderRoots?: readonly string[]
  /** Where recent projects and the sample project are kept; none are when it is left out. */
  stateFolder?: string
}>

export interface Engine {
  /** Everything a shell needs: a web-standard request gets its answer. */
  handle(request: Request): Promise<Response>
  /** Stops what runs, keeping checkpoints, and closes the project. */
  close(): Promise<void>
}

/** The engine: one open project at a time, one training worker, one pool of image workers. */
export function createEngine(options: EngineOptions): Engine {
  const pool = createImagePool()
  const worker = createTrainingWorker(options.workerEntry ?? new URL('./worker/training-worker.ts', import.meta.url))
  const layoutEntry = options.layoutEntry ?? new URL('./worker/layout-process.ts', import.meta.url)
  const exportEntry = new URL('./jobs/export-process.ts', import.meta.url)
  let session: ProjectSession | undefined

  const close = async (): Promise<boolean> => {
    const closing = session
    session = undefined
    await closing?.close()
    return closing !== undefined
  }
  const context: ApiContext = {
    pool,
    worker,
    installerEntry: options.installerEntry ?? new URL('./runtime/install-command.ts', import.meta.url),
    startedAt: Date.now(),
    version: readVersion(),
    stateFolder: options.stateFolder,
    folderRoots: options.folderRoots,
    hasSession: () => session !== undefined,
    session() {
      if (!session) throw new SpicerackError('PROJECT_NOT_OPEN', say('noProjectOpen'), { advice: say('openFirst') })
      return session
    },
    async open(path, isNew) {
      if (session) throw new SpicerackError('CONFLICT', say('otherProjectOpen'), { advice: say('closeFirst') })
      const opened = isNew ? createProject(path) : openProject(path)
      try {
        session = createProjectSession(opened, { pool, worker, layoutEntry, exportEntry })
      } catch (error) {
        opened.close()
        throw error
      }
      return session
    },
    close,
  }
  return {
    handle: createRequestRouter(router, context, options.reportBug),
    async close() {
      await close()
      await worker.kill()
      await pool.close()
    },
  }
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  return manifest.version
}
