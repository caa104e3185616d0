import type { Migration } from './migration.ts'

/** For each image of a run, the share of the heads that agree with the chosen one about it. */
export const headAgreements: Migration = {
  version: 7,
  name: 'head-agreements',
  sql: `
CREATE TABLE head_agreements (
  run_number INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
  image_id INTEGER NOT NULL REFERENCES images (id),
  agreement REAL NOT NULL,
  PRIMARY KEY (run_number, image_id)
) STRICT, WITHOUT ROWID;
`,
}
