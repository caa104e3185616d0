import type { Migration } from './migration.ts'

/**
 * What a clustering, when it came, said against a person's decisions: the cluster into which they put an image, the class they gave it,
 * that they rejected it. Null where it agreed.
 */
export const contradictions: Migration = {
  version: 3,
  name: 'contradictions',
  sql: `
CREATE TABLE contradictions (
  clustering_id INTEGER NOT NULL REFERENCES clusterings (id) ON DELETE CASCADE,
  image_id INTEGER NOT NULL REFERENCES images (id),
  cluster_id INTEGER REFERENCES clusters (id),
  class_id INTEGER REFERENCES classes (id),
  rejected INTEGER NOT NULL,
  PRIMARY KEY (clustering_id, image_id)
) STRICT, WITHOUT ROWID;
`,
}
