import type { ImageId, Label, LabelSource, Mapping } from '#shared/entities.ts'
import type { Connection } from '../connection.ts'

/** Effective label of one image; `classId` null = none. */
export type EffectiveLabel = Readonly<{
  imageId: ImageId
  clusterId: number | null
  classId: number | null
  source: 'human' | 'imported' | 'mapping' | null
  confidence: number | null
  rejected: 0 | 1
}>

/** Labels of images by source, mappings of clusters, and what follows from both. Labels and mappings of a person change by edits only. */
export function createLabelsTable({ sql }: Connection) {
  const list = sql.prepare<[string], Label>(
    `SELECT image_id AS imageId, class_id AS classId, source, confidence FROM labels
     JOIN classes ON classes.id = class_id AND deleted = 0 WHERE source = ? ORDER BY image_id`,
  )
  const confidences = sql.prepare<[], [ImageId, number]>("SELECT image_id, confidence FROM labels ORDER BY source = 'human'").raw()
  const mappings = sql.prepare<[], Mapping>('SELECT cluster_id AS clusterId, class_id AS classId FROM mappings ORDER BY cluster_id')
  const effective = sql.prepare<[], EffectiveLabel>(
    `SELECT image_id AS imageId, cluster_id AS clusterId, class_id AS classId, source, confidence, rejected
     FROM effective_labels ORDER BY image_id`,
  )
  const placements = sql.prepare<[], { imageId: ImageId; clusterId: number }>(
    'SELECT image_id AS imageId, cluster_id AS clusterId FROM placements ORDER BY image_id',
  )

  return {
    list: (source: LabelSource): Label[] => list.all(source),
    /** The labels that images have of their own, by image: a person's, else an imported one. */
    given: (): Label[] => {
      const labels = new Map([...list.all('imported'), ...list.all('human')].map((label) => [label.imageId, label]))
      return [...labels.values()].sort((a, b) => a.imageId - b.imageId)
    },
    /** How sure the labels are that images have of their own: a person's, else an imported one; 0-1. */
    confidences: (): Map<ImageId, number> => new Map(confidences.all()),
    mappings: (): Mapping[] => mappings.all(),
    /** A person's label, else an imported one, else the class of the cluster; every image, by id. What the interface shows and what exports write. */
    effectiveLabels: (): EffectiveLabel[] => effective.all(),
    /** The cluster into which a person put an image: the next run obeys it. */
    placements: () => placements.all(),
  }
}
