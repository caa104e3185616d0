import { join } from 'node:path'
import type { OpenProject } from '#engine/database/project.ts'
import type { ClassLooks, ExportOptions, ExportRow } from '#engine/exporting/export-row.ts'
import type { ExportRequest } from '#shared/contract/exports.ts'
import { readClassAudit } from './class-audits.ts'

/** Every usable image that nobody rejected, with its label, as an export sees it. */
export function toExportRows(project: OpenProject, request: ExportRequest): ExportRow[] {
  const roots = new Map(project.project.roots().map(({ id, path }) => [id, path]))
  const classNames = new Map(project.classes.list().map(({ id, name }) => [id as number, name]))
  const clusterNames = new Map(project.clusters.list().map(({ id, name }) => [id as number, name]))
  const labels = new Map(project.labels.effectiveLabels().map((label) => [label.imageId, label]))
  const assignments = assignmentsOf(project)
  const currentId = project.project.currentClusteringId()
  const agreements = currentId === null ? undefined : project.headAgreements.all(project.clusterings.get(currentId).runId)
  return project.images.usable().flatMap((image): ExportRow[] => {
    const label = labels.get(image.id)
    const { contentHash, widthPx, heightPx, format } = image
    if (label?.rejected || contentHash === null || widthPx === null || heightPx === null) return []
    const assignment = assignments.get(image.id)
    const clusterName = label?.clusterId == null ? null : (clusterNames.get(label.clusterId) ?? null)
    const className = label?.classId == null ? null : (classNames.get(label.classId) ?? null)
    const usesCluster = className === null && request.clustersAsClasses && clusterName !== null
    return [
      {
        imageId: image.id,
        absolutePath: join(roots.get(image.rootId) ?? '', image.path),
        relativePath: image.path,
        contentHash,
        className: usesCluster ? clusterName : className,
        clusterName,
        confidence: label?.confidence ?? assignment?.confidence ?? null,
        localConsistency: assignment?.localConsistency ?? null,
        headAgreement: agreements?.get(image.id) ?? null,
        reliable: assignment?.reliable ?? false,
        labelSource: label?.source ?? (usesCluster ? 'mapping' : null),
        exactGroup: image.exactGroup,
        nearGroup: image.nearGroup,
        sizeBytes: image.sizeBytes,
        widthPx,
        heightPx,
        format: format ?? '',
      },
    ]
  })
}

/**
 * What the audits of the present clustering saw, by the name of their class. None for a class that shares its name with a cluster that
 * the export takes as a class, since the audit was not about that one.
 */
export function toClassLooks(project: OpenProject, request: ExportRequest): ClassLooks[] {
  const id = project.project.currentClusteringId()
  if (id === null) return []
  const clustering = project.clusterings.get(id)
  const imported = new Set<number>(project.labels.list('imported').map(({ imageId }) => imageId))
  const nameOf = new Map(project.classes.list().map(({ id: classId, name }) => [classId, name]))
  const unmapped = project.clusters.list().filter(({ classId }) => classId === null)
  const taken = new Set(request.clustersAsClasses ? unmapped.map(({ name }) => name) : [])
  return project.audits.ofClustering(id).flatMap(({ classId, lookCount }): ClassLooks[] => {
    const className = nameOf.get(classId)
    if (className === undefined || lookCount === 0 || taken.has(className)) return []
    const { sample } = readClassAudit(project, clustering, classId)
    const images = new Map(project.pages.several(sample.map(({ imageId }) => imageId)).map((image) => [image.id, image]))
    const looks = sample.map(({ imageId, isRight }) => ({
      imageId,
      isRight: isRight === true,
      confidence: images.get(imageId)?.assignment?.confidence ?? null,
      reliable: images.get(imageId)?.assignment?.reliable ?? false,
      labelSource: imported.has(imageId) ? ('imported' as const) : ('mapping' as const),
    }))
    return [{ className, looks }]
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
