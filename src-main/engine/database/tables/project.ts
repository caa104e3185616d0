import { randomUUID } from 'node:crypto'
import type { ClusteringId, Project, ProjectId, Root, RootId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { Connection } from '../connection.ts'

type ProjectRow = Pick<Project, 'id' | 'name' | 'createdAt' | 'currentClusteringId'>

/** The one row about the project itself, and the folders it reads. */
export function createProjectTable({ sql, write }: Connection) {
  const insert = sql.prepare('INSERT INTO project (only_row, id, name, created_at) VALUES (1, ?, ?, ?)')
  const row = sql.prepare<[], ProjectRow>(
    'SELECT id, name, created_at AS createdAt, current_clustering_id AS currentClusteringId FROM project',
  )
  const roots = sql.prepare<[], Root>('SELECT id, path FROM roots ORDER BY id')
  const addRoot = sql.prepare<[string], RootId>(
    'INSERT INTO roots (path) VALUES (?) ON CONFLICT (path) DO UPDATE SET path = excluded.path RETURNING id',
  )
  addRoot.pluck()
  const moveRoot = sql.prepare('UPDATE roots SET path = ? WHERE id = ?')

  return {
    initialise: (name: string): void => void insert.run(randomUUID() as ProjectId, name, Date.now()),
    get: (): ProjectRow => {
      const found = row.get()
      if (!found) throw new SpicerackError('PROJECT_DAMAGED', say('noProjectInside'))
      return found
    },
    currentClusteringId: (): ClusteringId | null => row.get()?.currentClusteringId ?? null,
    roots: (): Root[] => roots.all(),
    /** Adds a folder of images by its absolute path; the one already there if it is known. */
    addRoot: (path: string): RootId => write(() => addRoot.get(path) as RootId),
    /** The folder was moved: the same images are now below another path. */
    moveRoot: (id: RootId, path: string): void => write(() => void moveRoot.run(path, id)),
  }
}
