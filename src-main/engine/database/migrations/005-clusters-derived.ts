import type { Migration } from './migration.ts'

/**
 * The cluster of an image in the current clustering is no longer written into its row: it follows from where a person put it and where it
 * was found, so a correction of 100,000 images writes 100,000 short placements and touches no index. `left_cluster_id` keeps where
 * images were left when another clustering became the current one. The view has the columns that the table had.
 */
export const clustersDerived: Migration = {
  version: 5,
  name: 'clusters-derived',
  sql: `
DROP VIEW effective_labels;
DROP INDEX assignments_by_cluster;
ALTER TABLE assignments RENAME TO found_assignments;
ALTER TABLE found_assignments RENAME COLUMN cluster_id TO left_cluster_id;

CREATE VIEW assignments AS
SELECT
  clustering_id,
  image_id,
  CASE WHEN clustering_id = (SELECT current_clustering_id FROM project)
    THEN coalesce(
      (SELECT placements.cluster_id FROM placements WHERE placements.image_id = found_assignments.image_id),
      found_cluster_id)
    ELSE left_cluster_id
  END AS cluster_id,
  found_cluster_id,
  confidence,
  local_consistency,
  reliable
FROM found_assignments;

-- Effective label: a person's, else an imported one, else the class of the cluster; none for a rejected image.
CREATE VIEW effective_labels AS
SELECT
  images.id AS image_id,
  assignments.cluster_id AS cluster_id,
  CASE WHEN rejections.image_id IS NULL THEN coalesce(human.class_id, imported.class_id, mappings.class_id) END AS class_id,
  CASE
    WHEN rejections.image_id IS NOT NULL THEN NULL
    WHEN human.class_id IS NOT NULL THEN 'human'
    WHEN imported.class_id IS NOT NULL THEN 'imported'
    WHEN mappings.class_id IS NOT NULL THEN 'mapping'
  END AS source,
  coalesce(human.confidence, imported.confidence, assignments.confidence) AS confidence,
  rejections.image_id IS NOT NULL AS rejected
FROM images
LEFT JOIN assignments
  ON assignments.clustering_id = (SELECT current_clustering_id FROM project) AND assignments.image_id = images.id
LEFT JOIN labels AS human ON human.source = 'human' AND human.image_id = images.id
LEFT JOIN labels AS imported ON imported.source = 'imported' AND imported.image_id = images.id
LEFT JOIN mappings ON mappings.cluster_id = assignments.cluster_id
LEFT JOIN rejections ON rejections.image_id = images.id;
`,
}
