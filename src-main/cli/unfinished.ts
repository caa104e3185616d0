import type { Job } from '#shared/entities.ts'
import type { JobKind } from '#shared/jobs.ts'

/** How to go on with a job that waits. */
export const resumeAdvice: Readonly<Record<JobKind, string>> = {
  import: 'Go on with the same command, or with: spicerack new PROJECT --images FOLDER',
  run: 'Go on with the same command, or with: spicerack run PROJECT --resume',
  export: 'Begin it again with the same command, or with: spicerack export PROJECT --out DIR',
}

export function isUnfinished({ state }: Job): boolean {
  return state.kind === 'paused' || state.kind === 'interrupted' || state.kind === 'failed'
}

/** The jobs that wait, of each kind the newest alone: what came after it has overtaken an older one. @param jobs newest first */
export function unfinishedJobs(jobs: readonly Job[]): Job[] {
  return jobs.filter((job) => isUnfinished(job) && jobs.find(({ kind }) => kind === job.kind) === job)
}
