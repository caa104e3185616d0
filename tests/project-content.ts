import type { OpenProject } from '#engine/database/project.ts'
import type { ClusterId, Clustering, ImageId } from '#shared/entities.ts'
import type { StageName } from '#shared/jobs.ts'

/** Adds images that were read without a problem; there are no files. `perceptualHashes`: of the first ones; the others have none. */
export function addImages(project: OpenProject, count: number, perceptualHashes: readonly string[] = []): ImageId[] {
  const rootId = project.project.addRoot('/pictures')
  const nothing = { problemCode: null, reason: null, thumbnailOffset: null, thumbnailLength: null }
  return project.images.save(
    Array.from({ length: count }, (_, row) => ({
      ...{ rootId, path: `${String(row).padStart(6, '0')}.png`, contentHash: `hash-${row}`, sizeBytes: 10, modifiedAt: 1 },
      ...{ widthPx: 4, heightPx: 4, format: 'png', status: 'ok' as const, pixelRow: row, ...nothing },
      perceptualHash: perceptualHashes[row] ?? null,
    })),
  )
}

export type Found = Readonly<{
  imageIds: readonly ImageId[]
  /** `[images]` index of the cluster. */
  clusters: readonly number[]
  /** The cluster of before that each index continues; all are new when it is left out. */
  carriedOver?: readonly (ClusterId | null)[]
  /** `[images]` 0-1; 0.5 when left out. */
  confidences?: readonly number[]
  /** `[images]` 1 = reliable. */
  reliable?: readonly number[]
  /** Of the run; "self" alone when left out. */
  stages?: readonly StageName[]
}>

/** Adds a run with this clustering, and looks at it. */
export function addClustering(project: OpenProject, { imageIds, clusters, confidences, reliable, ...rest }: Found): Clustering {
  const clusterCount = Math.max(...clusters) + 1
  const run = project.runs.create({
    ...{ name: 'test', recipe: {}, seed: 1, clusterCount, imageIds, imageSizePx: 32, versions: {}, backendChoice: 'cpu' },
    stages: rest.stages ?? ['self'],
  })
  const { id } = project.clusterings.save({
    ...{ runId: run.id, stage: 'self', head: 0, score: 1, imageIds, clusters },
    carriedOver: rest.carriedOver ?? new Array<null>(clusterCount).fill(null),
    confidences: confidences ?? clusters.map(() => 0.5),
    ...(reliable ? { reliable } : {}),
  })
  return project.clusterings.setCurrent(id)
}
