import type { OpenProject } from '#engine/database/project.ts'
import type { ClusterId, ClusteringId, ImageId } from '#shared/entities.ts'

/**
 * The cluster that each image speaks for when clusters are found again in another clustering: its own in this one, as a person left it,
 * but none for an image that they moved to a cluster of others. What a cluster is shows in the images that grew into it, however many
 * were moved there; one that a person made has only those.
 */
export function clusterIdentities(
  { clusterings }: OpenProject,
  clusteringId: ClusteringId,
  imageIds: readonly ImageId[],
): (ClusterId | undefined)[] {
  const columns = clusterings.columns(clusteringId)
  const rowOf = new Map(Array.from(columns.imageIds, (id, row) => [id, row]))
  const rows = imageIds.map((id) => rowOf.get(id))
  const isMoved = (row: number): boolean => columns.clusterIds[row] !== columns.foundClusterIds[row]
  const grown = new Set(rows.flatMap((row) => (row === undefined || isMoved(row) ? [] : columns.clusterIds[row]!)))
  return rows.map((row) => {
    if (row === undefined || (isMoved(row) && grown.has(columns.clusterIds[row]!))) return undefined
    return columns.clusterIds[row] as ClusterId
  })
}
