import { type ClusterReport, type ClusterReporter, createClusterReporter } from '#engine/clustering/cluster-report.ts'
import { linksAmong } from '#engine/clustering/neighbour-links.ts'
import { divideInTwo } from '#engine/clustering/two-way-division.ts'
import type { OpenProject } from '#engine/database/project.ts'
import type { ClusterId, Clustering, ImageId, RunId } from '#shared/entities.ts'
import { readRunNeighbours } from './run-neighbours.ts'

/** What neighbours and heads say of a cluster as a person left it; what they do not know is null. */
export type ClusterFacts = Readonly<{
  /** Mean share of the heads that agree about an image, 0-1. */
  headAgreement: number | null
  neighbourAgreement: number | null
  /** Mean over images of the smaller of the two shares, 0-1: an image is where it belongs as far as both say so. */
  purity: number | null
  mixed: ClusterReport['mixed']
  sameAs: ClusterId | null
  /** Images that are not reliable, nor settled by a person: those first of which neighbours and heads are least sure. */
  doubtful: readonly ImageId[]
}>

type Source = Readonly<{
  runId: RunId
  imageIds: readonly ImageId[]
  reporter: ClusterReporter | undefined
  /** `[images]` NaN where it is not known. */
  headAgreements: Float32Array
}>

const sources = new WeakMap<OpenProject, Source>()
const [doubtfulBand, rejectedBand] = [1, 2]

/** Of each cluster that holds images which are not rejected. @throws CANCELLED. */
export async function reportClusters(
  project: OpenProject,
  { runId }: Clustering,
  signal?: AbortSignal,
): Promise<Map<ClusterId, ClusterFacts>> {
  const { reporter, imageIds, headAgreements } = sourceOf(project, runId)
  const { ids, clusters, bands, confidences } = clustersNow(project, imageIds)
  const reports = await reporter?.report(clusters, ids.length, signal ? { signal } : {})
  const shares = reporter?.neighbourAgreements(clusters)
  const trust = headAgreements.map((share, image) => Math.min(Number.isNaN(share) ? 1 : share, shares?.[image] ?? 1))
  const members: number[][] = ids.map(() => [])
  clusters.forEach((cluster, image) => {
    if (cluster >= 0) members[cluster]!.push(image)
  })
  return new Map(
    ids.map((id, cluster): [ClusterId, ClusterFacts] => {
      const own = members[cluster]!
      const report = reports?.[cluster]
      const doubtful = own.filter((image) => bands[image] === doubtfulBand)
      const sorted = doubtful.sort((a, b) => trust[a]! - trust[b]! || confidences[a]! - confidences[b]! || a - b)
      const facts: ClusterFacts = {
        headAgreement: meanOf(own, headAgreements),
        neighbourAgreement: report?.neighbourAgreement ?? null,
        purity: report ? meanOf(own, trust) : null,
        mixed: report?.mixed ?? null,
        sameAs: report?.sameAs == null ? null : ids[report.sameAs]!,
        doubtful: sorted.map((image) => imageIds[image]!),
      }
      return [id, facts]
    }),
  )
}

/** The smaller of the two groups into which the fewest links divide a cluster; undefined where neighbours are not known or images too few. */
export function divideCluster(project: OpenProject, { runId }: Clustering, clusterId: ClusterId): ImageId[] | undefined {
  const { reporter, imageIds } = sourceOf(project, runId)
  if (!reporter) return undefined
  const { ids, clusters } = clustersNow(project, imageIds)
  const wanted = ids.indexOf(clusterId)
  const members = Array.from(clusters.keys()).filter((image) => wanted >= 0 && clusters[image] === wanted)
  const sides = divideInTwo(linksAmong(reporter.links, members))?.sides
  return sides && members.flatMap((image, place) => (sides[place] === 1 ? [imageIds[image]!] : []))
}

/** Read once for the run that is looked at. */
function sourceOf(project: OpenProject, runId: RunId): Source {
  const known = sources.get(project)
  if (known?.runId === runId && known.reporter) return known
  const imageIds = project.runs.imageIds(runId)
  const nearest = readRunNeighbours(project, runId)
  const agreements = project.headAgreements.all(runId)
  const headAgreements = Float32Array.from(imageIds, (id) => agreements.get(id) ?? Number.NaN)
  const source = { runId, imageIds, headAgreements, reporter: nearest && createClusterReporter(nearest) }
  sources.set(project, source)
  return source
}

/** Of images in the order of a run: the place in `ids` of the cluster of each, -1 for one that is in none or rejected. */
function clustersNow(project: OpenProject, imageIds: readonly ImageId[]) {
  const { clusterIds, bands, confidences } = project.mapColumns.read(imageIds)
  const own = clusterIds.map((id, image) => (bands[image] === rejectedBand ? -1 : id))
  const ids = [...new Set(own)].filter((id) => id > 0).sort((a, b) => a - b) as ClusterId[]
  const places = new Map<number, number>(ids.map((id, place) => [id, place]))
  return { ids, clusters: own.map((id) => places.get(id) ?? -1), bands, confidences }
}

function meanOf(images: readonly number[], values: Float32Array): number | null {
  const sum = images.reduce((total, image) => total + values[image]!, 0)
  return Number.isFinite(sum) && images.length > 0 ? sum / images.length : null
}
