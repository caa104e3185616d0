import { readdirSync, rmSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { Project } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { type Connection, connect, connectForReading, toDatabaseError } from './connection.ts'
import { createEdits } from './edits.ts'
import { createImagePages } from './image-pages.ts'
import { createMapColumns } from './map-columns.ts'
import { migrate, readSchemaVersion } from './migrate.ts'
import {
  beginProjectFolder,
  finishProjectFolder,
  makeParts,
  type ProjectFolder,
  projectFolder,
  requireProjectFolder,
  unfinishedProjectFolders,
} from './project-folder.ts'
import { lockProject, type ProjectLock } from './project-lock.ts'
import { createAuditsTable } from './tables/audits.ts'
import { createClassesTable } from './tables/classes.ts'
import { createClusteringsTable } from './tables/clusterings.ts'
import { createClustersTable } from './tables/clusters.ts'
import { createContradictionsTable } from './tables/contradictions.ts'
import { createDismissedAdviceTable } from './tables/dismissed-advice.ts'
import { createExportsTable } from './tables/exports.ts'
import { createHeadAgreementsTable } from './tables/head-agreements.ts'
import { createImagesTable } from './tables/images.ts'
import { createJobsTable } from './tables/jobs.ts'
import { createLabelsTable } from './tables/labels.ts'
import { createMetricsTable } from './tables/metrics.ts'
import { createProjectTable } from './tables/project.ts'
import { createRunsTable } from './tables/runs.ts'

/** An open project: its folder and its tables, held until `close`. */
export type OpenProject = ReturnType<typeof assemble>

/**
 * Makes NAME.spicerack and opens it. When anything fails, or the process is killed, there is no project at all; what a killed process
 * left beside it is removed by the next one.
 *
 * @param path the folder to make; gets the ending `.spicerack` if it has none
 * @throws PROJECT_EXISTS, FOLDER_READ_ONLY, DISK_FULL
 */
export function createProject(path: string, options: Readonly<{ name?: string; roots?: readonly string[] }> = {}): OpenProject {
  const folder = projectFolder(path)
  const unfinished = beginProjectFolder(folder)
  try {
    buildProject(unfinished, { name: folder.name, roots: [], ...options })
    finishProjectFolder(unfinished, folder)
  } catch (error) {
    rmSync(unfinished.path, { recursive: true, force: true })
    throw toDatabaseError(error)
  }
  removeAbandoned(folder)
  try {
    return openProject(folder.path)
  } catch (error) {
    if (!isLocked(error)) rmSync(folder.path, { recursive: true, force: true })
    throw error
  }
}

/** Writes the database of a project in this folder and closes it; locked meanwhile, so that nobody takes it for abandoned. */
function buildProject(folder: ProjectFolder, { name, roots }: Readonly<{ name: string; roots: readonly string[] }>): void {
  const lock = lockProject(folder.path)
  let connection: Connection | undefined
  try {
    makeParts(folder)
    connection = connect(folder.database)
    migrate(connection, folder.backups)
    const project = createProjectTable(connection)
    connection.write(() => {
      project.initialise(name)
      for (const root of roots) project.addRoot(resolve(root))
    })
  } finally {
    connection?.close()
    lock.release()
  }
}

/**
 * Removes what processes left that were killed while they made a project here; what one is making now is locked and stays. What cannot be
 * removed stays too: the project that was asked for is made by now.
 */
function removeAbandoned(folder: ProjectFolder): void {
  for (const path of unfinishedProjectFolders(folder))
    try {
      lockProject(path).release()
      rmSync(path, { recursive: true, force: true })
    } catch {
      // Locked, of another user, or on a disk with errors: the next one tries again.
    }
}

function isLocked(error: unknown): boolean {
  return error instanceof SpicerackError && error.code === 'PROJECT_LOCKED'
}

/**
 * Opens a project: takes its lock, checks it after an unclean end, brings its schema up to date, and marks cut-off jobs as interrupted.
 *
 * @throws NOT_FOUND, PROJECT_LOCKED, PROJECT_NEWER, PROJECT_DAMAGED, FOLDER_READ_ONLY, DISK_FULL
 */
export function openProject(path: string): OpenProject {
  const folder = projectFolder(path)
  requireProjectFolder(folder)
  const lock = lockProject(folder.path)
  let connection: Connection | undefined
  try {
    connection = connect(folder.database)
    if (lock.endedUncleanly) checkIntegrity(connection)
    migrate(connection, folder.backups)
    const project = assemble(folder, connection, lock)
    project.project.get()
    project.jobs.interruptUnfinished()
    project.exports.failUnfinished()
    return project
  } catch (error) {
    connection?.close()
    lock.release()
    throw withBackup(toDatabaseError(error), folder)
  }
}

/** A project as it is now, read beside the process that holds its lock and writes. */
export function readProject(path: string): OpenProject {
  const folder = projectFolder(path)
  return assemble(folder, connectForReading(folder.database))
}

function assemble(folder: ProjectFolder, connection: Connection, lock?: ProjectLock) {
  const project = createProjectTable(connection)
  const images = createImagesTable(connection)
  return {
    folder,
    connection,
    project,
    images,
    runs: createRunsTable(connection),
    metrics: createMetricsTable(connection),
    jobs: createJobsTable(connection),
    clusterings: createClusteringsTable(connection),
    clusters: createClustersTable(connection),
    headAgreements: createHeadAgreementsTable(connection),
    contradictions: createContradictionsTable(connection),
    classes: createClassesTable(connection),
    audits: createAuditsTable(connection),
    dismissedAdvice: createDismissedAdviceTable(connection),
    labels: createLabelsTable(connection),
    exports: createExportsTable(connection),
    pages: createImagePages(connection),
    mapColumns: createMapColumns(connection),
    edits: createEdits(connection),
    /** The project as it crosses the wire. */
    describe: (): Project => ({
      ...project.get(),
      path: folder.path,
      schemaVersion: readSchemaVersion(connection),
      roots: project.roots(),
      images: images.counts(),
    }),
    close: (): void => {
      connection.close()
      lock?.release()
    },
  }
}

function checkIntegrity({ sql }: Connection): void {
  const problems = sql.prepare<[], string>('PRAGMA quick_check(3)').pluck().all()
  if (problems.length !== 1 || problems[0] !== 'ok')
    throw new SpicerackError('PROJECT_DAMAGED', say('databaseDamagedBy', { detail: problems[0] }))
}

function withBackup(error: unknown, folder: ProjectFolder): unknown {
  if (!(error instanceof SpicerackError) || error.code !== 'PROJECT_DAMAGED') return error
  const backup = newestBackup(folder)
  return new SpicerackError('PROJECT_DAMAGED', error.said.message ?? say('databaseDamaged'), {
    advice: backup ? say('useBackup', { file: join(basename(folder.backups), backup) }) : say('noBackup'),
    cause: error,
  })
}

function newestBackup(folder: ProjectFolder): string | undefined {
  return readdirSync(folder.backups)
    .filter((name) => name.endsWith('.db'))
    .map((name) => ({ name, changed: statSync(join(folder.backups, name)).mtimeMs }))
    .sort((a, b) => b.changed - a.changed)[0]?.name
}
