import type { ClassId, ClusterId, ClusteringId, ImageId } from '#shared/entities.ts'
import type { Connection } from '../connection.ts'

/** A person's decision about an image that a clustering, when it came, said otherwise about; their decision still stands. */
export type Contradiction = Readonly<{
  imageId: ImageId
  /** Where they put it; null when the clustering agrees or they did not say. */
  clusterId: ClusterId | null
  /** The class they gave it; null when the clustering agrees or they did not say. */
  classId: ClassId | null
  /** They rejected it, and the clustering finds it reliable. */
  rejected: boolean
  foundClusterId: ClusterId
  foundClassId: ClassId | null
  /** Of what was found, 0-1. */
  confidence: number
}>
type Row = Omit<Contradiction, 'rejected'> & Readonly<{ rejected: number }>
export type ContradictionPosition = Readonly<{ confidence: number; imageId: number }>

const given = 'coalesce(human.class_id, imported.class_id)'
const facts = `LEFT JOIN placements ON placements.image_id = found.image_id
  LEFT JOIN labels AS human ON human.source = 'human' AND human.image_id = found.image_id
  LEFT JOIN labels AS imported ON imported.source = 'imported' AND imported.image_id = found.image_id
  LEFT JOIN mappings ON mappings.cluster_id = found.found_cluster_id
  LEFT JOIN rejections ON rejections.image_id = found.image_id`
const standing = `FROM contradictions AS said JOIN assignments AS found USING (clustering_id, image_id) ${facts}
  LEFT JOIN settlements ON settlements.image_id = said.image_id AND settlements.clustering_id = said.clustering_id
  WHERE said.clustering_id = @clusteringId
    AND (said.cluster_id IS NULL OR said.cluster_id = placements.cluster_id)
    AND (said.class_id IS NULL OR said.class_id = ${given})
    AND said.rejected = (rejections.image_id IS NOT NULL)`
const columns = `said.image_id AS imageId, said.cluster_id AS clusterId, said.class_id AS classId, said.rejected,
  found.found_cluster_id AS foundClusterId, mappings.class_id AS foundClassId, found.confidence`

/** One row an image about which a clustering said something else than a person had decided. */
export function createContradictionsTable({ sql, write }: Connection) {
  const note = sql.prepare(
    `INSERT OR IGNORE INTO contradictions (clustering_id, image_id, cluster_id, class_id, rejected)
     SELECT found.clustering_id, found.image_id,
       CASE WHEN rejections.image_id IS NULL AND placements.cluster_id <> found.found_cluster_id THEN placements.cluster_id END AS said_cluster,
       CASE WHEN rejections.image_id IS NULL AND ${given} <> mappings.class_id THEN ${given} END AS said_class,
       rejections.image_id IS NOT NULL AND found.reliable AS said_rejected
     FROM assignments AS found ${facts}
     WHERE found.clustering_id = ? AND (said_cluster IS NOT NULL OR said_class IS NOT NULL OR said_rejected)
       AND found.image_id IN (
         SELECT image_id FROM placements UNION SELECT image_id FROM rejections
         UNION SELECT image_id FROM labels WHERE source IN ('human', 'imported'))`,
  )
  const page = sql.prepare<[Record<string, number>], Row>(
    `SELECT ${columns} ${standing} AND (settlements.image_id IS NOT NULL) = @settled
       AND (-found.confidence, said.image_id) > (-@confidence, @imageId)
     ORDER BY -found.confidence, said.image_id LIMIT @limit`,
  )
  const some = sql.prepare<[{ clusteringId: number; imageIds: string }], Row>(
    `SELECT ${columns} ${standing} AND said.image_id IN (SELECT value FROM json_each(@imageIds))`,
  )
  const open = sql
    .prepare<[{ clusteringId: number }], ImageId>(
      `SELECT said.image_id ${standing} AND settlements.image_id IS NULL ORDER BY said.image_id`,
    )
    .pluck()
  const counts = sql.prepare<[{ clusteringId: number }], { open: number; settled: number }>(
    `SELECT coalesce(sum(settlements.image_id IS NULL), 0) AS open, coalesce(sum(settlements.image_id IS NOT NULL), 0) AS settled ${standing}`,
  )
  const toContradiction = (row: Row): Contradiction => ({ ...row, rejected: row.rejected === 1 })

  return {
    /** Notes what a clustering says against the decisions made before now. What was noted before is kept. */
    note: (clusteringId: ClusteringId): void => write(() => void note.run(clusteringId)),
    /** Those that a person settled, or those that they did not: surest first, after this position. */
    page: (clusteringId: ClusteringId, settled: boolean, limit: number, after?: ContradictionPosition): Contradiction[] => {
      const { confidence, imageId } = after ?? { confidence: 2, imageId: 0 }
      return page.all({ clusteringId, settled: Number(settled), limit, confidence, imageId }).map(toContradiction)
    },
    /** Those of these images, settled or not. */
    ofImages: (clusteringId: ClusteringId, imageIds: readonly ImageId[]): Contradiction[] =>
      some.all({ clusteringId, imageIds: JSON.stringify(imageIds) }).map(toContradiction),
    /** The images of all that are not settled. */
    openImages: (clusteringId: ClusteringId): ImageId[] => open.all({ clusteringId }),
    counts: (clusteringId: ClusteringId) => counts.get({ clusteringId }) ?? { open: 0, settled: 0 },
  }
}
