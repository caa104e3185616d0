import type { Migration } from './migration.ts'

/**
 * Audits: one a class and clustering, and what a person said of an image they looked at for it. A run learns from what a person said, so
 * its clustering begins other audits; an image keeps the last thing that was said of it.
 */
export const audits: Migration = {
  version: 6,
  name: 'audits',
  sql: `
CREATE TABLE audits (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  clustering_id INTEGER NOT NULL,
  class_id INTEGER NOT NULL REFERENCES classes (id),
  UNIQUE (clustering_id, class_id)
) STRICT;

CREATE TABLE audit_looks (
  image_id INTEGER PRIMARY KEY REFERENCES images (id),
  audit_id INTEGER NOT NULL REFERENCES audits (id),
  is_right INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_looks_by_audit ON audit_looks (audit_id, image_id);
`,
}
