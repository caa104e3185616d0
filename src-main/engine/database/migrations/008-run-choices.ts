import type { Migration } from './migration.ts'

/** What a run chose for itself, with the figures that decided. */
export const runChoices: Migration = {
  version: 8,
  name: 'run-choices',
  sql: `ALTER TABLE runs ADD COLUMN choices TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(choices));`,
}
