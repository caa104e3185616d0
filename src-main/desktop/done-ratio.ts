import type { Job } from '#shared/entities.ts'
import { type StageName, stageNames } from '#shared/jobs.ts'

/** How far a job has come, 0-1; of a run over all its stages, each counted the same. Undefined where it is not known yet. */
export function doneRatioOf({ progress, payload }: Job): number | undefined {
  const { done, total, stage } = progress
  const ratio = total ? Math.min(1, done / total) : undefined
  if (stage === null) return ratio
  const { lastStage } = payload as { lastStage?: StageName }
  const last = lastStage === undefined ? stageNames.length - 1 : stageNames.indexOf(lastStage)
  return Math.min(1, (stageNames.indexOf(stage) + (ratio ?? 0)) / (last + 1))
}
