import type { Migration } from './migration.ts'

/** The index of clusters holds all that their counts and their most typical images need, so that neither reads the rows. */
export const clustersCounted: Migration = {
  version: 4,
  name: 'clusters-counted',
  sql: `
DROP INDEX assignments_by_cluster;
CREATE INDEX assignments_by_cluster ON assignments (clustering_id, cluster_id, reliable, confidence, image_id);
`,
}
