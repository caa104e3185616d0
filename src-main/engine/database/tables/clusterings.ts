import type { ClusterId, Clustering, ClusteringId, ImageId, RunId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { Connection } from '../connection.ts'
import { createClustersTable } from './clusters.ts'
import { createContradictionsTable } from './contradictions.ts'

/** What a stage found, ready to be kept. */
export type NewClustering = Readonly<{
  runId: RunId
  stage: Clustering['stage']
  head: number | null
  /** Unsupervised; lower is better. */
  score: number | null
  heads?: Clustering['heads']
  /** One entry a cluster index: the cluster of before that it continues (matched by the caller), or null for a new one. */
  carriedOver: readonly (ClusterId | null)[]
  imageIds: readonly ImageId[]
  /** `[images]` index of the cluster. */
  clusters: ArrayLike<number>
  /** `[images]` 0-1. */
  confidences: ArrayLike<number>
  /** `[images]` 0-1; left out before the stage `reliable`. */
  localConsistencies?: ArrayLike<number>
  /** `[images]` 1 = reliable. */
  reliable?: ArrayLike<number>
}>

/** How many images went from one cluster to another, or stayed. */
type Flow = Readonly<{ fromClusterId: ClusterId; toClusterId: ClusterId; imageCount: number }>

type ClusteringRow = Omit<Clustering, 'heads' | 'isCurrent'> & Readonly<{ heads: string; isCurrent: number }>

const current = '(SELECT current_clustering_id FROM project)'
const fields = `id, run_id AS runId, stage, head, score, heads, image_count AS imageCount, created_at AS createdAt,
  id = ${current} AS isCurrent`

/** One row a clustering, its clusters by index, and the assignment of every image. */
export function createClusteringsTable(connection: Connection) {
  const { sql, write, columns } = connection
  const clusters = createClustersTable(connection)
  const contradictions = createContradictionsTable(connection)
  const insert = sql.prepare(
    `INSERT INTO clusterings (run_id, stage, head, score, heads, image_count, created_at)
     VALUES (@runId, @stage, @head, @score, @heads, @imageCount, @createdAt)`,
  )
  const insertMember = sql.prepare('INSERT INTO clustering_clusters (clustering_id, cluster_index, cluster_id) VALUES (?, ?, ?)')
  const insertAssignment = sql.prepare('INSERT INTO found_assignments VALUES (?, ?, ?, ?, ?, ?, ?)')
  const one = sql.prepare<[number], ClusteringRow>(`SELECT ${fields} FROM clusterings WHERE id = ?`)
  const all = sql.prepare<[], ClusteringRow>(`SELECT ${fields} FROM clusterings ORDER BY id DESC`)
  const members = sql
    .prepare<[number], ClusterId>('SELECT cluster_id FROM clustering_clusters WHERE clustering_id = ? ORDER BY cluster_index')
    .pluck()
  const found = sql
    .prepare<[number], [ImageId, ClusterId, ClusterId, number, number | null, number]>(
      `SELECT image_id, cluster_id, found_cluster_id, confidence, local_consistency, reliable FROM assignments
       WHERE clustering_id = ? ORDER BY image_id`,
    )
    .raw()
  const clusterOfSome = sql
    .prepare<[number, string], [ImageId, ClusterId]>(
      'SELECT image_id, cluster_id FROM assignments WHERE clustering_id = ? AND image_id IN (SELECT value FROM json_each(?))',
    )
    .raw()
  const setReliable = sql.prepare(
    'UPDATE found_assignments SET local_consistency = ?, reliable = ? WHERE clustering_id = ? AND image_id = ?',
  )
  const point = sql.prepare('UPDATE project SET current_clustering_id = ?')
  const leavePlaced = sql.prepare(
    `UPDATE found_assignments SET left_cluster_id = placements.cluster_id FROM placements
     WHERE clustering_id = ${current} AND found_assignments.image_id = placements.image_id`,
  )
  const leaveFound = sql.prepare(
    `UPDATE found_assignments SET left_cluster_id = found_cluster_id
     WHERE clustering_id = ${current} AND left_cluster_id <> found_cluster_id AND image_id NOT IN (SELECT image_id FROM placements)`,
  )
  const flows = sql.prepare<[number, number], Flow>(
    `SELECT a.cluster_id AS fromClusterId, b.cluster_id AS toClusterId, count(*) AS imageCount
     FROM assignments AS a JOIN assignments AS b ON b.image_id = a.image_id
     WHERE a.clustering_id = ? AND b.clustering_id = ? GROUP BY 1, 2 ORDER BY imageCount DESC, 1, 2`,
  )
  const imagesOfFlow = sql
    .prepare<number[], ImageId>(
      `SELECT b.image_id FROM assignments AS a JOIN assignments AS b ON b.image_id = a.image_id
       WHERE a.clustering_id = ? AND b.clustering_id = ? AND a.cluster_id = ? AND b.cluster_id = ? ORDER BY b.confidence DESC, b.image_id`,
    )
    .pluck()

  const toClustering = (row: ClusteringRow): Clustering => ({
    ...row,
    heads: JSON.parse(row.heads) as Clustering['heads'],
    isCurrent: row.isCurrent === 1,
  })
  const get = (id: ClusteringId): Clustering => {
    const row = one.get(id)
    if (!row) throw new SpicerackError('NOT_FOUND', say('noSuchClustering', { id }))
    return toClustering(row)
  }
  /** The identity that continues: one that was merged away lives on in the cluster it was merged into. */
  const survivor = (id: ClusterId): ClusterId | null => {
    let row = clusters.get(id)
    while (row.mergedInto !== null) row = clusters.get(row.mergedInto)
    return row.deleted ? null : row.id
  }
  const setCurrent = (id: ClusteringId): Clustering =>
    write(() => {
      get(id)
      leaveFound.run()
      leavePlaced.run()
      point.run(id)
      columns.forget()
      return get(id)
    })

  return {
    /** The clusters of some images; an image that the clustering does not hold has none. */
    clustersOf: (clusteringId: ClusteringId, imageIds: readonly ImageId[]): Map<ImageId, ClusterId> =>
      new Map(clusterOfSome.all(clusteringId, JSON.stringify(imageIds))),
    /** Keeps a clustering with all its assignments and what it says against a person's decisions, in one transaction. It is not looked at before `setCurrent`. */
    save: (clustering: NewClustering): Clustering =>
      write(() => {
        const { imageIds, confidences, localConsistencies, reliable } = clustering
        const { lastInsertRowid } = insert.run({
          runId: clustering.runId,
          stage: clustering.stage,
          head: clustering.head,
          score: clustering.score,
          heads: JSON.stringify(clustering.heads ?? []),
          imageCount: imageIds.length,
          createdAt: Date.now(),
        })
        const id = Number(lastInsertRowid) as ClusteringId
        const taken = new Set<ClusterId>()
        const idOfIndex = clustering.carriedOver.map((before, index) => {
          const kept = before === null ? null : survivor(before)
          const clusterId = kept === null || taken.has(kept) ? clusters.add().id : kept
          taken.add(clusterId)
          insertMember.run(id, index, clusterId)
          return clusterId
        })
        for (let row = 0; row < imageIds.length; row++) {
          const clusterId = idOfIndex[clustering.clusters[row]]
          if (clusterId === undefined) throw new SpicerackError('BAD_INPUT', say('imageInNoCluster', { image: imageIds[row]! }))
          const consistency = localConsistencies?.[row] ?? null
          insertAssignment.run(id, imageIds[row], clusterId, clusterId, confidences[row], consistency, reliable?.[row] ? 1 : 0)
        }
        contradictions.note(id)
        return get(id)
      }),
    /** Adds what the stage `reliable` found, in one transaction. */
    saveReliable: (
      id: ClusteringId,
      result: Readonly<{ imageIds: readonly ImageId[]; localConsistencies: ArrayLike<number>; reliable: ArrayLike<number> }>,
    ): void =>
      write(() => {
        for (const [row, imageId] of result.imageIds.entries())
          setReliable.run(result.localConsistencies[row], result.reliable[row] ? 1 : 0, id, imageId)
        contradictions.note(id)
        columns.forget()
      }),
    /** Makes this the clustering that pages, corrections and exports look at; placements of a person are obeyed in it. */
    setCurrent,
    get,
    /** Newest first. */
    list: (): Clustering[] => all.all().map(toClustering),
    /** The stable id of each cluster index. */
    clusterIds: (id: ClusteringId): ClusterId[] => members.all(id),
    /** Columns by image id: what the next clustering is matched with and what a map draws. */
    columns: (id: ClusteringId) => {
      const rows = found.all(id)
      return {
        imageIds: Int32Array.from(rows, (row) => row[0]),
        clusterIds: Int32Array.from(rows, (row) => row[1]),
        foundClusterIds: Int32Array.from(rows, (row) => row[2]),
        confidences: Float32Array.from(rows, (row) => row[3]),
        /** NaN where it is not known. */
        localConsistencies: Float32Array.from(rows, (row) => row[4] ?? Number.NaN),
        reliable: Uint8Array.from(rows, (row) => row[5]),
      }
    },
    /** How many images are in which cluster of the one and of the other, as a person left them, most first. */
    flows: (from: ClusteringId, to: ClusteringId): Flow[] => flows.all(from, to),
    /** The images of one flow, surest in the other clustering first. */
    imagesOfFlow: (from: ClusteringId, to: ClusteringId, fromCluster: ClusterId, toCluster: ClusterId): ImageId[] =>
      imagesOfFlow.all(from, to, fromCluster, toCluster),
  }
}
