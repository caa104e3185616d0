import { drawAuditSample } from '#engine/clustering/audit-sample.ts'
import type { OpenProject } from '#engine/database/project.ts'
import type { ClassId, Clustering } from '#shared/entities.ts'

/** The audit of a class as it is now: its sample, and what was not looked at, in the order of the draw. The run's seed is the draw's. */
export function readClassAudit(project: OpenProject, { id, runId }: Clustering, classId: ClassId) {
  return drawAuditSample(project.audits.members(id, classId), project.runs.get(runId).seed)
}
