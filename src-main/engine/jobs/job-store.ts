import type { OpenProject } from '#engine/database/project.ts'
import type { Job, JobId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import type { JobState } from '#shared/jobs.ts'
import type { JobStore } from './job-queue.ts'

/**
 * Keeps jobs in the project's database. A state that cannot be written because the disk is full or read-only is held in memory, so that
 * everybody sees why a job ended, and written as soon as that is possible; progress that cannot be written is dropped.
 */
export function createJobStore(jobs: OpenProject['jobs']): JobStore {
  const held = new Map<JobId, JobState>()
  const writeHeld = (): void => {
    for (const [jobId, state] of held) {
      if (!unlessUnwritable(() => jobs.overwriteState(jobId, state))) return
      held.delete(jobId)
    }
  }
  const withHeld = (job: Job): Job => ({ ...job, state: held.get(job.id) ?? job.state })
  return {
    list() {
      writeHeld()
      return jobs.list(Number.MAX_SAFE_INTEGER).map(withHeld)
    },
    get(jobId) {
      writeHeld()
      return withHeld(jobs.get(jobId))
    },
    create: jobs.add,
    setState(jobId, state) {
      writeHeld()
      if (held.has(jobId) || !unlessUnwritable(() => jobs.transition(jobId, state))) held.set(jobId, state)
    },
    setProgress: (jobId, progress) => void unlessUnwritable(() => jobs.saveProgress(jobId, progress)),
  }
}

/** False when the disk was full or read-only. */
function unlessUnwritable(work: () => void): boolean {
  try {
    work()
    return true
  } catch (error) {
    if (error instanceof SpicerackError && (error.code === 'DISK_FULL' || error.code === 'FOLDER_READ_ONLY')) return false
    throw error
  }
}
