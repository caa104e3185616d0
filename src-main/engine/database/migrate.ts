import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { type Connection, toDatabaseError } from './connection.ts'
import type { Migration } from './migrations/migration.ts'
import { migrations } from './migrations/migrations.ts'

/** The schema version of this release. */
export const schemaVersion = migrations.at(-1)?.version ?? 0

/**
 * Brings a database to the schema of this release. Before each migration a copy goes to `backupsFolder`, but for a
 * database that is new; each is one transaction.
 *
 * @throws PROJECT_NEWER when the database is of a later release; nothing is changed then.
 */
export function migrate(connection: Connection, backupsFolder: string, steps: readonly Migration[] = migrations): void {
  const present = readSchemaVersion(connection)
  const latest = steps.at(-1)?.version ?? 0
  if (present > latest)
    throw new SpicerackError('PROJECT_NEWER', say('projectNewer', { present, latest }), { advice: say('updateThenOpen') })
  for (const step of steps.filter(({ version }) => version > present)) {
    if (present > 0) backUp(connection, backupsFolder, `before-${String(step.version).padStart(3, '0')}-${step.name}.db`)
    connection.write(() => {
      connection.sql.exec(step.sql)
      connection.sql.pragma(`user_version = ${step.version}`)
    })
  }
}

export function readSchemaVersion(connection: Connection): number {
  try {
    return connection.sql.pragma('user_version', { simple: true }) as number
  } catch (error) {
    throw toDatabaseError(error)
  }
}

/** Copies the whole database, as of now, to a file that appears complete or not at all. */
function backUp(connection: Connection, backupsFolder: string, name: string): string {
  const file = join(backupsFolder, name)
  const unfinished = `${file}.unfinished`
  try {
    mkdirSync(backupsFolder, { recursive: true })
    rmSync(unfinished, { force: true })
    connection.sql.prepare('VACUUM INTO ?').run(unfinished)
    const copy = openSync(unfinished, 'r+')
    fsyncSync(copy)
    closeSync(copy)
    renameSync(unfinished, file)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw toDatabaseError(error)
  }
  return file
}
