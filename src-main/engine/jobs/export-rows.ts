import { join } from 'node:path'
import { clusterOf, type ImageRows } from '#engine/database/image-columns.ts'
import type { OpenProject } from '#engine/database/project.ts'
import type { ClassLooks, ExportOptions, ExportRow } from '#engine/exporting/export-row.ts'
import type { ExportRequest } from '#shared/contract/exports.ts'
import { imageStatuses, type LabelSource } from '#shared/entities.ts'
import { readClassAudit } from './class-audits.ts'

/** Whose label counts, first that of a person. */
const labelSources: readonly LabelSource[] = ['human', 'imported', 'mapping']

/** Every usable image that nobody rejected, with its label, as an export sees it; by id. `rejectedCount`: how many somebody rejected. */
export function toExportRows(project: OpenProject, request: ExportRequest): Readonly<{ rows: ExportRow[]; rejectedCount: number }> {
  const roots = new Map(project.project.roots().map(({ id, path }) => [id, path]))
  const classNames = new Map<number, string>(project.classes.list().map(({ id, name }) => [id, name]))
  const clusterNames = new Map<number, string>(project.clusters.list().map(({ id, name }) => [id, name]))
  const classOfCluster = new Map<number, number>(project.labels.mappings().map(({ clusterId, classId }) => [clusterId, classId]))
  const known = project.connection.columns.rows()
  const ofLabels = project.labels.confidences()
  const consistencies = localConsistenciesOf(project, known)
  const currentId = project.project.currentClusteringId()
  const agreements = currentId === null ? undefined : project.headAgreements.all(project.clusterings.get(currentId).runId)
  const rows: ExportRow[] = []
  for (const { id, rootId, path, ...file } of project.images.exportable()) {
    const row = known.rowOfId[id]!
    if (known.rejected[row]) continue
    const clusterId = clusterOf(known, row)
    const classIds = [known.human[row]!, known.imported[row]!, classOfCluster.get(clusterId) ?? 0]
    const place = classIds.findIndex((classId) => classId !== 0)
    const clusterName = clusterNames.get(clusterId) ?? null
    const className = place < 0 ? null : (classNames.get(classIds[place]!) ?? null)
    const usesCluster = className === null && request.clustersAsClasses && clusterName !== null
    rows.push({
      imageId: id,
      absolutePath: join(roots.get(rootId) ?? '', path),
      relativePath: path,
      ...file,
      className: usesCluster ? clusterName : className,
      clusterName,
      confidence: ofLabels.get(id) ?? toNumber(known.confidences[row]!),
      localConsistency: toNumber(consistencies[row]!),
      headAgreement: agreements?.get(id) ?? null,
      reliable: known.reliable[row] === 1,
      labelSource: labelSources[place] ?? (usesCluster ? 'mapping' : null),
    })
  }
  const ok = imageStatuses.indexOf('ok')
  const rejectedCount = known.rejected.reduce((count, rejected, row) => count + (rejected && known.statuses[row] === ok ? 1 : 0), 0)
  return { rows, rejectedCount }
}

/** What is known of the neighbours of each image, by row; NaN where nothing is. */
function localConsistenciesOf(project: OpenProject, { ids, rowOfId }: ImageRows): Float32Array {
  const byRow = new Float32Array(ids.length).fill(Number.NaN)
  const id = project.project.currentClusteringId()
  if (id === null) return byRow
  const { imageIds, localConsistencies } = project.clusterings.columns(id)
  for (const [index, imageId] of imageIds.entries()) byRow[rowOfId[imageId]!] = localConsistencies[index]!
  return byRow
}

function toNumber(value: number): number | null {
  return Number.isNaN(value) ? null : value
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
