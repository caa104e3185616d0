import type { OpenProject } from '#engine/database/project.ts'
import type { ImagePool } from '#engine/images/image-pool.ts'
import { openThumbnailStore, type ThumbnailStore } from '#engine/images/thumbnail-store.ts'
import { createExportRunner } from '#engine/jobs/export-job.ts'
import { createExporter, type Exporter } from '#engine/jobs/exporter.ts'
import { createImportRunner } from '#engine/jobs/import-job.ts'
import { createJobEvents, type JobEvents } from '#engine/jobs/job-events.ts'
import { createJobQueue, type JobQueue, type JobStore } from '#engine/jobs/job-queue.ts'
import { createJobStore } from '#engine/jobs/job-store.ts'
import { createLayouts, type Layouts } from '#engine/jobs/layouts.ts'
import { createRunRunner } from '#engine/jobs/run-job.ts'
import type { TrainingWorker } from '#engine/jobs/training-worker.ts'
import type { RunId } from '#shared/entities.ts'
import { readAhead } from './read-ahead.ts'
import { createSignal, type Signal } from './signal.ts'

/** The open project with all that works on it. */
export type ProjectSession = Readonly<{
  project: OpenProject
  jobs: JobStore
  events: JobEvents
  queue: JobQueue
  layouts: Layouts
  exporter: Exporter
  thumbnails: ThumbnailStore
  /** Says that a run has new metrics. */
  metricsAdded: Signal<RunId>
  close(): Promise<void>
}>

type SessionTools = Readonly<{ pool: ImagePool; worker: TrainingWorker; layoutEntry: URL; exportEntry: URL }>

/** @param project Closed by the session. */
export function createProjectSession(project: OpenProject, tools: SessionTools): ProjectSession {
  const metricsAdded = createSignal<RunId>()
  const jobs = createJobStore(project.jobs)
  const events = createJobEvents(jobs.get)
  const exporter = createExporter(project, tools.exportEntry)
  const queue = createJobQueue({
    store: jobs,
    events,
    runners: {
      import: createImportRunner(project, tools.pool),
      run: createRunRunner(project, tools.worker, metricsAdded.send),
      export: createExportRunner(project, exporter),
    },
  })
  const layouts = createLayouts(project, tools.layoutEntry)
  const endReadingAhead = readAhead(project.connection.columns, () => queue.activeCount() > 0)
  const thumbnails = openThumbnailStore(project.folder.thumbnails)
  return {
    project,
    jobs,
    events,
    queue,
    layouts,
    exporter,
    thumbnails,
    metricsAdded,
    async close() {
      endReadingAhead()
      await queue.close()
      await layouts.close()
      await exporter.close()
      events.close()
      metricsAdded.close()
      thumbnails.close()
      project.close()
    },
  }
}
