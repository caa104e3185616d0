import type { Cluster, ClusterId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { colourOf } from '../colours.ts'
import type { Connection } from '../connection.ts'

/** A cluster's identity, which outlives clusterings. */
export type ClusterRow = Readonly<{
  id: ClusterId
  name: string
  colour: string
  madeByPerson: number
  deleted: number
  mergedInto: ClusterId | null
}>

const columns = 'id, name, colour, made_by_person AS madeByPerson, deleted, merged_into AS mergedInto'

/** One row a cluster ever seen: stable id, name, colour. */
export function createClustersTable({ sql }: Connection) {
  const nextId = sql.prepare<[], number>("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'clusters'), 0) + 1").pluck()
  const insert = sql.prepare('INSERT INTO clusters (id, name, colour, made_by_person, deleted) VALUES (?, ?, ?, ?, ?)')
  const one = sql.prepare<[number], ClusterRow>(`SELECT ${columns} FROM clusters WHERE id = ?`)
  const holdsImages = sql.prepare<[number], 1>(
    'SELECT 1 FROM assignments WHERE clustering_id = (SELECT current_clustering_id FROM project) AND cluster_id = ? LIMIT 1',
  )
  const put = sql.prepare(
    'UPDATE clusters SET name = @name, colour = @colour, deleted = @deleted, merged_into = @mergedInto WHERE id = @id',
  )
  const visible = sql.prepare<[], Cluster>(
    `WITH current AS (SELECT current_clustering_id AS id FROM project),
     counted AS (
       SELECT cluster_id, count(*) AS imageCount, sum(reliable) AS reliableCount, avg(confidence) AS meanConfidence,
         sum(image_id IN (SELECT image_id FROM rejections)) AS rejectedCount
       FROM assignments WHERE clustering_id = (SELECT id FROM current) GROUP BY cluster_id)
     SELECT clusters.id, cluster_index AS "index", name, colour, coalesce(imageCount, 0) AS imageCount,
       coalesce(reliableCount, 0) AS reliableCount, coalesce(rejectedCount, 0) AS rejectedCount, meanConfidence,
       mappings.class_id AS classId
     FROM clusters
     LEFT JOIN counted ON counted.cluster_id = clusters.id
     LEFT JOIN clustering_clusters AS members
       ON members.clustering_id = (SELECT id FROM current) AND members.cluster_id = clusters.id
     LEFT JOIN mappings ON mappings.cluster_id = clusters.id
     WHERE imageCount IS NOT NULL OR (deleted = 0 AND (cluster_index IS NOT NULL OR made_by_person = 1))
     ORDER BY clusters.id`,
  )
  const get = (id: ClusterId): ClusterRow => {
    const row = one.get(id)
    if (!row) throw new SpicerackError('NOT_FOUND', `There is no cluster ${id}.`)
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
      if (row.deleted && !holdsImages.get(id)) throw new SpicerackError('NOT_FOUND', `There is no cluster ${id} any more.`)
      return row
    },
    put: (row: ClusterRow): void => void put.run(row),
    /** The clusters of the current clustering and those a person made, by id, with their counts. */
    list: (): Cluster[] => visible.all(),
  }
}
