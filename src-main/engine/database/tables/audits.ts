import type { AuditId, ClassId, ClusteringId, ImageId } from '#shared/entities.ts'
import type { Connection } from '../connection.ts'

type MemberRow = Readonly<{ imageId: ImageId; isRight: number | null; isStill: number }>

/**
 * Images that the clustering or an imported label gives this class, with those that were looked at for its audit. What an image is now is
 * asked of those that were looked at alone: it takes longer than all the rest.
 */
const members = `SELECT candidates.image_id AS imageId, looks.is_right AS isRight,
    CASE WHEN looks.image_id IS NULL THEN 1
      ELSE coalesce((SELECT class_id = @classId FROM effective_labels WHERE effective_labels.image_id = candidates.image_id), 0)
    END AS isStill
  FROM (
    SELECT image_id FROM assignments
      WHERE clustering_id = @clusteringId AND cluster_id IN (SELECT cluster_id FROM mappings WHERE class_id = @classId)
    UNION SELECT image_id FROM labels WHERE source = 'imported' AND class_id = @classId
    UNION SELECT said.image_id FROM audit_looks AS said JOIN assignments AS found
      ON found.clustering_id = @clusteringId AND found.image_id = said.image_id
      JOIN mappings ON mappings.cluster_id = found.found_cluster_id AND mappings.class_id = @classId WHERE said.audit_id = @auditId
  ) AS candidates
  JOIN images ON images.id = candidates.image_id AND images.status = 'ok'
  LEFT JOIN audit_looks AS looks ON looks.image_id = images.id AND looks.audit_id = @auditId
  LEFT JOIN labels AS human ON human.source = 'human' AND human.image_id = images.id
  LEFT JOIN labels AS imported ON imported.source = 'imported' AND imported.image_id = images.id
  LEFT JOIN rejections ON rejections.image_id = images.id
  WHERE looks.image_id IS NOT NULL
    OR (human.image_id IS NULL AND rejections.image_id IS NULL AND coalesce(imported.class_id, @classId) = @classId)
  ORDER BY images.id`

/**
 * Audits of classes and what was said of the images that were looked at. Answers change by edits only.
 *
 * An image belongs to the audit of a class when its label is this class and no person gave it, or when it was looked at for it and its
 * own cluster still stands for the class: what a person then says of that one image does not take it out of the sample.
 */
export function createAuditsTable({ sql, write }: Connection) {
  const find = sql.prepare<[number, number], AuditId>('SELECT id FROM audits WHERE clustering_id = ? AND class_id = ?').pluck()
  const insert = sql.prepare('INSERT INTO audits (clustering_id, class_id) VALUES (?, ?)')
  const all = sql.prepare<[number], { id: AuditId; classId: ClassId; lookCount: number }>(
    `SELECT id, class_id AS classId, (SELECT count(*) FROM audit_looks WHERE audit_id = audits.id) AS lookCount
     FROM audits WHERE clustering_id = ?`,
  )
  const earlier = sql.prepare<[number], { classId: ClassId; lookCount: number }>(
    `SELECT class_id AS classId, count(*) AS lookCount FROM audit_looks JOIN audits ON audits.id = audit_id
     WHERE clustering_id <> ? GROUP BY class_id`,
  )
  const machineCounts = sql.prepare<[], { classId: ClassId; imageCount: number }>(
    `SELECT class_id AS classId, count(*) AS imageCount FROM effective_labels JOIN images ON images.id = image_id AND status = 'ok'
     WHERE class_id IS NOT NULL AND source <> 'human' GROUP BY class_id`,
  )
  const ofClass = sql.prepare<[{ clusteringId: number; classId: number; auditId: number }], MemberRow>(members)

  return {
    find: (clusteringId: ClusteringId, classId: ClassId): AuditId | undefined => find.get(clusteringId, classId),
    /** The audit of this class in this clustering; made where there is none. */
    require: (clusteringId: ClusteringId, classId: ClassId): AuditId =>
      write(() => find.get(clusteringId, classId) ?? (Number(insert.run(clusteringId, classId).lastInsertRowid) as AuditId)),
    /** The audits of a clustering with their answers, those of images included that no longer belong to the class. */
    ofClustering: (clusteringId: ClusteringId) => all.all(clusteringId),
    /** How many answers each class has from the audits of other clusterings. */
    earlierLooks: (clusteringId: ClusteringId): Map<ClassId, number> =>
      new Map(earlier.all(clusteringId).map(({ classId, lookCount }) => [classId, lookCount])),
    /** How many images have each class from something else than a person. */
    machineCounts: (): Map<ClassId, number> => new Map(machineCounts.all().map(({ classId, imageCount }) => [classId, imageCount])),
    /**
     * The images that the audit of a class is about, by id. `isRight` is null for those that nobody looked at; false too where a person
     * has since given one that was right to something else.
     */
    members: (clusteringId: ClusteringId, classId: ClassId) =>
      ofClass
        .all({ clusteringId, classId, auditId: find.get(clusteringId, classId) ?? 0 })
        .map(({ imageId, isRight, isStill }) => ({ imageId, isRight: isRight === null ? null : isRight === 1 && isStill === 1 })),
  }
}
