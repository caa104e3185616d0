import type { Migration } from './migration.ts'

/** Advice on a cluster (`mixed`) or on two (`same`, the lower id first) that a person does not want to see. */
export const dismissedAdvice: Migration = {
  version: 9,
  name: 'dismissed-advice',
  sql: `
CREATE TABLE dismissed_advice (
  kind TEXT NOT NULL CHECK (kind IN ('mixed', 'same')),
  cluster_id INTEGER NOT NULL REFERENCES clusters (id),
  other_id INTEGER NOT NULL REFERENCES clusters (id),
  PRIMARY KEY (kind, cluster_id, other_id),
  CHECK (CASE kind WHEN 'mixed' THEN cluster_id = other_id ELSE cluster_id < other_id END)
) STRICT, WITHOUT ROWID;
`,
}
