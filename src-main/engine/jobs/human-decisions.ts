import type { OpenProject } from '#engine/database/project.ts'
import type { ImageId } from '#shared/entities.ts'
import type { StageTask } from '#shared/worker-protocol.ts'

type HumanDecisions = Pick<StageTask, 'humanLabels' | 'knownClasses' | 'humanClusters' | 'previousClusters'>

/**
 * What a person decided about the images of a run, for its next stage: the labels they gave or imported, and into which cluster of the
 * present clustering they put images. A rejected image belongs nowhere, so nothing is decided about it.
 */
export function humanDecisions({ labels, clusterings, pages, project }: OpenProject, imageIds: readonly ImageId[]): HumanDecisions {
  const rejected = new Set(pages.ids({ rejected: true }))
  const toMap = (decisions: readonly (readonly [ImageId, number])[]) => new Map(decisions.filter(([id]) => !rejected.has(id)))
  const given = toMap(labels.given().map(({ imageId, classId }) => [imageId, classId]))
  const placed = toMap(labels.placements().map(({ imageId, clusterId }) => [imageId, clusterId]))
  const current = project.currentClusteringId()
  const shown = current === null ? undefined : clusterings.columns(current)
  const found = new Map(Array.from(shown?.imageIds ?? [], (id, row) => [id, shown!.foundClusterIds[row]!]))
  const clusterOf = (id: ImageId): number | undefined => placed.get(id) ?? found.get(id)
  // What a cluster is shows in the images that nobody moved there, however many were; one that a person made has only those.
  const grown = new Set(imageIds.filter((id) => clusterOf(id) === found.get(id)).map(clusterOf))
  const identityOf = (id: ImageId) => (clusterOf(id) === found.get(id) || !grown.has(clusterOf(id)) ? clusterOf(id) : undefined)
  const classOfCluster = new Map(labels.mappings().map(({ clusterId, classId }) => [clusterId as number, classId]))
  const clusterNumber = createNumbering()
  const classNumber = createNumbering()
  return {
    previousClusters: Int32Array.from(imageIds, (id) => clusterNumber(identityOf(id))),
    humanClusters: Int32Array.from(imageIds, (id) => clusterNumber(placed.get(id))),
    knownClasses: Int32Array.from(imageIds, (id) => classNumber(given.get(id) ?? classOfCluster.get(clusterOf(id) ?? -1))),
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
