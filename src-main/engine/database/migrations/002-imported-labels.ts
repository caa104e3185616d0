import type { Migration } from './migration.ts'

/**
 * Imported labels are labels: a person's wins over an imported one, an imported one over the class of the cluster. And what a person
 * settled after a run: that an image stays as they decided, although this clustering says otherwise.
 */
export const importedLabels: Migration = {
  version: 2,
  name: 'imported-labels',
  sql: `
CREATE TABLE settlements (
  image_id INTEGER PRIMARY KEY REFERENCES images (id),
  clustering_id INTEGER NOT NULL
) STRICT;

DROP VIEW effective_labels;
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
