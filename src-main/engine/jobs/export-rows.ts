import { join } from 'node:path'
import type { OpenProject } from '#engine/database/project.ts'
import type { ExportOptions, ExportRow } from '#engine/exporting/export-row.ts'
import type { ExportRequest } from '#shared/contract/exports.ts'

/** Every usable image that nobody rejected, with its label, as an export sees it. */
export function toExportRows(project: OpenProject, request: ExportRequest): ExportRow[] {
  const roots = new Map(project.project.roots().map(({ id, path }) => [id, path]))
  const classNames = new Map(project.classes.list().map(({ id, name }) => [id as number, name]))
  const clusterNames = new Map(project.clusters.list().map(({ id, name }) => [id as number, name]))
  const labels = new Map(project.labels.effectiveLabels().map((label) => [label.imageId, label]))
  const assignments = assignmentsOf(project)
  return project.images.usable().flatMap((image): ExportRow[] => {
    const label = labels.get(image.id)
    if (label?.rejected || image.contentHash === null) return []
    const assignment = assignments.get(image.id)
    const clusterName = label?.clusterId == null ? null : (clusterNames.get(label.clusterId) ?? null)
    const className = label?.classId == null ? null : (classNames.get(label.classId) ?? null)
    const usesCluster = className === null && request.clustersAsClasses && clusterName !== null
    return [
      {
        imageId: image.id,
        absolutePath: join(roots.get(image.rootId) ?? '', image.path),
        relativePath: image.path,
        contentHash: image.contentHash,
        className: usesCluster ? clusterName : className,
        clusterName,
        confidence: label?.confidence ?? assignment?.confidence ?? null,
        localConsistency: assignment?.localConsistency ?? null,
        reliable: assignment?.reliable ?? false,
        labelSource: label?.source ?? (usesCluster ? 'mapping' : null),
        exactGroup: image.exactGroup,
        nearGroup: image.nearGroup,
        sizeBytes: image.sizeBytes,
      },
    ]
  })
}

function assignmentsOf(project: OpenProject) {
  const id = project.project.currentClusteringId()
  if (id === null) return new Map<number, never>()
  const { imageIds, confidences, localConsistencies, reliable } = project.clusterings.columns(id)
  return new Map(
    Array.from(imageIds, (imageId, row) => [
      imageId,
      {
        confidence: confidences[row]!,
        localConsistency: Number.isNaN(localConsistencies[row]) ? null : localConsistencies[row]!,
        reliable: reliable[row] === 1,
      },
    ]),
  )
}

/** The request as the exporting layer wants it, with where the labels come from. */
export function toExportOptions(project: OpenProject, { clustersAsClasses: _, ...request }: ExportRequest): ExportOptions {
  const id = project.project.currentClusteringId()
  const run = id === null ? undefined : project.runs.get(project.clusterings.get(id).runId)
  const provenance = {
    projectName: project.project.get().name,
    recipe: run?.recipe ?? null,
    seed: run?.seed ?? 0,
    versions: run?.versions ?? {},
    runId: run?.id ?? null,
    // Left out, so that the same project gives the same bytes.
    createdAt: null,
  }
  return { ...request, provenance }
}
