import type { Migration } from './migration.ts'

/** How many images an export left out because of their files, and how many it copied in place of linking them. */
export const exportProblems: Migration = {
  version: 10,
  name: 'export-problems',
  sql: `
ALTER TABLE exports ADD COLUMN problems TEXT NOT NULL
  DEFAULT '{"missing":0,"unreadable":0,"changed":0,"copiedInsteadOfLinked":0}' CHECK (json_valid(problems));`,
}
