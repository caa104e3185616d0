import type { OpenProject } from '#engine/database/project.ts'
import type { ImageId } from '#shared/entities.ts'
import type { StageTask } from '#shared/worker-protocol.ts'
import { clusterIdentities } from './cluster-identities.ts'

export type HumanDecisions = Pick<StageTask, 'humanLabels' | 'knownClasses' | 'humanClusters' | 'previousClusters'>

/**
 * What a person decided about images until now, for a run: the labels they gave or imported, and into which cluster of the
 * present clustering they put images. A rejected image belongs nowhere, so nothing is decided about it.
 */
export function humanDecisions(open: OpenProject, imageIds: readonly ImageId[]): HumanDecisions {
  const { labels, clusterings, pages, project } = open
  const rejected = new Set(pages.ids({ rejected: true }))
  const toMap = (decisions: readonly (readonly [ImageId, number])[]) => new Map(decisions.filter(([id]) => !rejected.has(id)))
  const given = toMap(labels.given().map(({ imageId, classId }) => [imageId, classId]))
  const placed = toMap(labels.placements().map(({ imageId, clusterId }) => [imageId, clusterId]))
  const current = project.currentClusteringId()
  const shown = current === null ? undefined : clusterings.columns(current)
  const clusterOf = new Map(Array.from(shown?.imageIds ?? [], (id, row) => [id, shown!.clusterIds[row]!]))
  const classOfCluster = new Map(labels.mappings().map(({ clusterId, classId }) => [clusterId as number, classId]))
  const classOf = (id: ImageId) => given.get(id) ?? classOfCluster.get(clusterOf.get(id) ?? -1)
  const clusterNumber = createNumbering()
  const classNumber = createNumbering()
  return {
    previousClusters: Int32Array.from(
      current === null ? imageIds.map(() => -1) : clusterIdentities(open, current, imageIds).map(clusterNumber),
    ),
    humanClusters: Int32Array.from(imageIds, (id) => clusterNumber(placed.get(id))),
    knownClasses: Int32Array.from(imageIds, (id) => classNumber(classOf(id))),
    humanLabels: Int32Array.from(imageIds, (id) => classNumber(given.get(id))),
  }
}

/** Numbers from 0 for ids, in the order in which they come; -1 for none. */
function createNumbering(): (id: number | undefined) => number {
  const numbers = new Map<number, number>()
  return (id) => {
    if (id === undefined) return -1
    const number = numbers.get(id) ?? numbers.size
    numbers.set(id, number)
    return number
  }
}
