import { type AuditDraw, createAuditDraw, drawNextImages, readAuditSample } from '#engine/clustering/audit-sample.ts'
import type { OpenProject } from '#engine/database/project.ts'
import type { ClassId, Clustering, ImageId } from '#shared/entities.ts'

/** The draw of each open project; another when another clustering is looked at, whose run has another seed. */
const draws = new WeakMap<OpenProject, AuditDraw>()

/** The audit of a class as it is now. */
export function readClassAudit(project: OpenProject, clustering: Clustering, classId: ClassId) {
  return readAuditSample(project.audits.members(clustering.id, classId), drawOf(project, clustering))
}

/** The next images of a class to look at. */
export function drawClassImages(project: OpenProject, clustering: Clustering, classId: ClassId, count: number): ImageId[] {
  return drawNextImages(project.audits.members(clustering.id, classId), drawOf(project, clustering), count)
}

function drawOf(project: OpenProject, { runId }: Clustering): AuditDraw {
  const { seed } = project.runs.get(runId)
  const known = draws.get(project)
  if (known?.seed === seed) return known
  const draw = createAuditDraw(seed)
  draws.set(project, draw)
  return draw
}
