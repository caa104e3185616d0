import { colourOf } from '#shared/colours.ts'
import type { Cluster, ClusterId, ImageId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { type ClusterCounts, countClusters, typicalImages } from '../cluster-counts.ts'
import type { Connection } from '../connection.ts'
import { clusterOf } from '../image-columns.ts'

/** A cluster's identity, which outlives clusterings. */
export type ClusterRow = Readonly<{
  id: ClusterId
  name: string
  colour: string
  madeByPerson: number
  deleted: number
  mergedInto: ClusterId | null
}>

type ShownCluster = Omit<Cluster, keyof ClusterCounts> & Readonly<{ isShownEmpty: number }>

const noImages = { imageCount: 0, reliableCount: 0, rejectedCount: 0, meanConfidence: null }
const fields = 'id, name, colour, made_by_person AS madeByPerson, deleted, merged_into AS mergedInto'

/** One row a cluster ever seen: stable id, name, colour. */
export function createClustersTable({ sql, columns }: Connection) {
  const nextId = sql.prepare<[], number>("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'clusters'), 0) + 1").pluck()
  const insert = sql.prepare('INSERT INTO clusters (id, name, colour, made_by_person, deleted) VALUES (?, ?, ?, ?, ?)')
  const one = sql.prepare<[number], ClusterRow>(`SELECT ${fields} FROM clusters WHERE id = ?`)
  const put = sql.prepare(
    'UPDATE clusters SET name = @name, colour = @colour, deleted = @deleted, merged_into = @mergedInto WHERE id = @id',
  )
  const named = sql.prepare<[], ShownCluster>(
    `SELECT clusters.id, cluster_index AS "index", name, colour, mappings.class_id AS classId,
       deleted = 0 AND (cluster_index IS NOT NULL OR made_by_person = 1) AS isShownEmpty
     FROM clusters
     LEFT JOIN clustering_clusters AS members
       ON members.clustering_id = (SELECT current_clustering_id FROM project) AND members.cluster_id = clusters.id
     LEFT JOIN mappings ON mappings.cluster_id = clusters.id
     ORDER BY clusters.id`,
  )
  const holdsImages = (id: ClusterId): boolean => {
    const rows = columns.rows()
    return rows.ids.some((_, row) => clusterOf(rows, row) === id)
  }
  const get = (id: ClusterId): ClusterRow => {
    const row = one.get(id)
    if (!row) throw new SpicerackError('NOT_FOUND', say('noSuchCluster', { id }))
    return row
  }

  const reserve = (madeByPerson: 0 | 1, deleted: 0 | 1): ClusterRow => {
    const id = nextId.get() as ClusterId
    insert.run(id, `Cluster ${id}`, colourOf(id), madeByPerson, deleted)
    return get(id)
  }

  return {
    /** A new identity of a cluster that a model found; called inside a transaction. */
    add: (): ClusterRow => reserve(0, 0),
    /** The same for one that a person makes, not there yet: the edit then puts its row, so that undo and redo go the same way. */
    reserve: (): ClusterRow => reserve(1, 1),
    get,
    /** @throws NOT_FOUND also for a cluster that is not shown. */
    requireVisible: (id: ClusterId): ClusterRow => {
      const row = get(id)
      if (row.deleted && !holdsImages(id)) throw new SpicerackError('NOT_FOUND', say('clusterGone', { cluster: id }))
      return row
    },
    put: (row: ClusterRow): void => void put.run(row),
    /** The most typical images of each cluster that holds some, by id. */
    typical: (count: number): { clusterId: ClusterId; imageIds: ImageId[] }[] =>
      [...typicalImages(columns.rows(), count)]
        .map(([clusterId, imageIds]) => ({ clusterId, imageIds }))
        .sort((one, other) => one.clusterId - other.clusterId),
    /** The clusters of the current clustering and those a person made, by id, with their counts. */
    list: (): Cluster[] => {
      const counts = countClusters(columns.rows())
      return named
        .all()
        .filter(({ id, isShownEmpty }) => isShownEmpty === 1 || counts.has(id))
        .map(({ isShownEmpty, ...cluster }) => ({ ...cluster, ...(counts.get(cluster.id) ?? noImages) }))
    },
  }
}
