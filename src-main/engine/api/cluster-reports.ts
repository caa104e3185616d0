import type { OpenProject } from '#engine/database/project.ts'
import { adviceKey } from '#engine/database/tables/dismissed-advice.ts'
import { readClassAudit } from '#engine/jobs/class-audits.ts'
import { reportClusters } from '#engine/jobs/cluster-reports.ts'
import type { ClusterPurity, ClusterReport } from '#shared/contract/clusters.ts'
import type { ClassId, ClusterId, Clustering, ImageId } from '#shared/entities.ts'
import { estimatePurity } from '#shared/purity.ts'
import { api } from './api-context.ts'
import { thumbnailUrl } from './bytes.ts'
import { currentClustering } from './clusterings.ts'

type ClassOf = ReadonlyMap<ClusterId, ClassId | null>

/** What a person sees of each cluster before they look at its images. */
export const clustersReport = api.clusters.report.handler(async ({ context, input: { count }, signal }): Promise<ClusterReport[]> => {
  const { project } = context.session()
  const clustering = currentClustering(project)
  const facts = await reportClusters(project, clustering, signal)
  const clusters = project.clusters.list().filter(({ id }) => facts.has(id))
  const classOf: ClassOf = new Map(clusters.map(({ id, classId }) => [id, classId]))
  const audited = auditedPurities(project, clustering, classOf)
  const typical = new Map(project.clusters.typical(count).map(({ clusterId, imageIds }) => [clusterId, imageIds]))
  const shown = [...facts].flatMap(([id, { doubtful }]) => [...doubtful.slice(0, count), ...(typical.get(id) ?? [])])
  const picture = pictureOf(project, shown)
  const isDismissed = (id: ClusterId, other: ClusterId | null): boolean => project.dismissedAdvice.has(adviceKey(id, other))
  return clusters.map(({ id, imageCount, rejectedCount }) => {
    const { headAgreement, neighbourAgreement, purity, mixed, sameAs, doubtful } = facts.get(id)!
    return {
      clusterId: id,
      imageCount: imageCount - rejectedCount,
      headAgreement,
      neighbourAgreement,
      purity: audited.get(id) ?? (purity === null ? null : { kind: 'estimated', ratio: purity }),
      typical: (typical.get(id) ?? []).map(picture),
      doubtful: doubtful.slice(0, count).map(picture),
      doubtfulCount: doubtful.length,
      advice: [
        ...(mixed ? [{ kind: 'mixed' as const, sizes: [...mixed] as [number, number], isDismissed: isDismissed(id, null) }] : []),
        ...(sameAs === null || haveClasses(classOf, id, sameAs)
          ? []
          : [{ kind: 'same' as const, clusterId: sameAs, isDismissed: isDismissed(id, sameAs) }]),
      ],
    }
  })
})

/** A person who gave both a class has said what they are. */
function haveClasses(classOf: ClassOf, one: ClusterId, other: ClusterId): boolean {
  return classOf.get(one) !== null && classOf.get(other) !== null
}

/** Of clusters that stand for an audited class: the part of its random sample that lies in a cluster is a random sample of the cluster. */
function auditedPurities(project: OpenProject, clustering: Clustering, classOf: ClassOf): Map<ClusterId, ClusterPurity> {
  const purities = new Map<ClusterId, ClusterPurity>()
  for (const { classId, lookCount } of project.audits.ofClustering(clustering.id)) {
    if (lookCount === 0) continue
    const members = project.audits.members(clustering.id, classId).map(({ imageId }) => imageId)
    const clusterOf = project.clusterings.clustersOf(clustering.id, members)
    const { sample } = readClassAudit(project, clustering, classId)
    for (const [clusterId] of [...classOf].filter(([, own]) => own === classId)) {
      const imageCount = members.filter((imageId) => clusterOf.get(imageId) === clusterId).length
      const looks = sample.filter(({ imageId }) => clusterOf.get(imageId) === clusterId)
      const right = looks.filter(({ isRight }) => isRight).length
      const { purity: ratio, lower, upper } = estimatePurity({ imageCount, looked: looks.length, right })
      if (ratio !== null) purities.set(clusterId, { kind: 'audited', ratio, lower, upper, looked: looks.length })
    }
  }
  return purities
}

function pictureOf(project: OpenProject, imageIds: readonly ImageId[]) {
  const urls = new Map(project.pages.several(imageIds).map((image) => [image.id, thumbnailUrl(image)]))
  return (imageId: ImageId) => ({ imageId, thumbnailUrl: urls.get(imageId) ?? null })
}
