import type { OpenProject } from '#engine/database/project.ts'
import type { Contradiction, ContradictionPosition } from '#engine/database/tables/contradictions.ts'
import type { ClusterId, Clustering } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'
import { currentClustering } from './clusterings.ts'
import { toDone } from './edits.ts'
import { keepIdList } from './id-lists.ts'
import { toTile } from './images.ts'

export const diffApi = {
  get: api.diff.get.handler(({ context }) => describeDiff(context.session().project)),
  images: api.diff.images.handler(({ context, input: { fromClusterId, toClusterId } }) => {
    const { project } = context.session()
    const after = currentClustering(project)
    const before = clusteringBefore(project, after)
    const ids = before ? project.clusterings.imagesOfFlow(before.id, after.id, fromClusterId, toClusterId) : []
    return { count: ids.length, url: keepIdList(project, Int32Array.from(ids)) }
  }),
  contradictions: api.diff.contradictions.handler(({ context, input }) => {
    const { project } = context.session()
    const { settled, limit, after } = input
    const page = project.contradictions.page(
      currentClustering(project).id,
      settled,
      limit + 1,
      after === undefined ? undefined : readPosition(after),
    )
    const shown = page.slice(0, limit)
    const images = new Map(project.pages.several(shown.map(({ imageId }) => imageId)).map((image) => [image.id, toTile(image)]))
    const last = shown.at(-1)
    return {
      contradictions: shown.map(({ imageId, clusterId, classId, rejected, foundClusterId, foundClassId, confidence }) => ({
        image: images.get(imageId)!,
        decided: { clusterId, classId, rejected },
        found: { clusterId: foundClusterId, classId: foundClassId, confidence },
      })),
      next: page.length > limit && last ? writePosition(last) : null,
    }
  }),
  decide: api.diff.decide.handler(({ context, input }) => {
    const { project } = context.session()
    const clusteringId = currentClustering(project).id
    const { contradictions } = project
    const wanted = input.imageIds ?? contradictions.openImages(clusteringId)
    const imageIds = contradictions.ofImages(clusteringId, wanted).map(({ imageId }) => imageId)
    if (imageIds.length === 0) throw new SpicerackError('NOT_FOUND', say('noContradiction'))
    const kind = input.choice === 'mine' ? 'keepMine' : 'takeNew'
    return { ...toDone(project.edits.apply({ kind, clusteringId, imageIds })), imageCount: imageIds.length }
  }),
}

function describeDiff(project: OpenProject) {
  const after = currentClustering(project)
  const before = clusteringBefore(project, after)
  const flows = before ? project.clusterings.flows(before.id, after.id) : []
  const counts = new Map<ClusterId, { beforeCount: number; afterCount: number }>()
  const countOf = (id: ClusterId) => {
    const known = counts.get(id) ?? { beforeCount: 0, afterCount: 0 }
    counts.set(id, known)
    return known
  }
  let [imageCount, movedCount] = [0, 0]
  for (const flow of flows) {
    countOf(flow.fromClusterId).beforeCount += flow.imageCount
    countOf(flow.toClusterId).afterCount += flow.imageCount
    imageCount += flow.imageCount
    if (flow.fromClusterId !== flow.toClusterId) movedCount += flow.imageCount
  }
  const clusters = [...counts].map(([id, held]) => {
    const { name, colour } = project.clusters.get(id)
    return { id, name, colour, ...held }
  })
  return {
    before: before ?? null,
    after,
    imageCount,
    movedCount,
    clusters: clusters.sort((a, b) => a.id - b.id),
    flows,
    contradictions: project.contradictions.counts(after.id),
  }
}

/** The last clustering of the run before the one of this clustering. */
function clusteringBefore(project: OpenProject, { id, runId }: Clustering): Clustering | undefined {
  return project.clusterings.list().find((other) => other.id < id && other.runId !== runId)
}

function writePosition({ confidence, imageId }: Contradiction): string {
  return Buffer.from(JSON.stringify([confidence, imageId])).toString('base64url')
}

function readPosition(cursor: string): ContradictionPosition {
  try {
    const [confidence, imageId] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [number, number]
    if (Number.isFinite(confidence) && Number.isInteger(imageId)) return { confidence, imageId }
  } catch {
    // Falls through to the one answer for every cursor that is not ours.
  }
  throw new SpicerackError('BAD_INPUT', say('strangeCursor'), { advice: say('withoutCursor') })
}
