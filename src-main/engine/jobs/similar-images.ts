import { open } from 'node:fs/promises'
import type { OpenProject } from '#engine/database/project.ts'
import type { ImageId } from '#shared/entities.ts'
import { damaged, embeddingFileOf } from './run-embedding.ts'

const chunkBytes = 1 << 22

/** `similarity`: cosine of the angle between their vectors, at most 1. */
export type SimilarImage = Readonly<{ imageId: ImageId; similarity: number }>

/**
 * The images whose vectors are nearest to that of one image, nearest first, itself left out; equal ones by row. None before the run of
 * the current clustering was embedded, or for an image that it does not hold. Reads the embedding piece by piece, so that others are
 * answered meanwhile.
 *
 * @throws PROJECT_DAMAGED when the embedding was cut off.
 */
export async function findSimilarImages(project: OpenProject, imageId: ImageId, count: number): Promise<SimilarImage[]> {
  const clusteringId = project.project.currentClusteringId()
  if (clusteringId === null) return []
  const { runId } = project.clusterings.get(clusteringId)
  const path = embeddingFileOf(project, runId)
  const ids = project.runs.imageIds(runId)
  const self = ids.indexOf(imageId)
  if (path === undefined || self < 0) return []
  const file = await open(path)
  try {
    const dimension = (await file.stat()).size / 4 / ids.length
    if (!Number.isInteger(dimension)) throw damaged(path)
    const vectors = async (row: number, rowCount: number): Promise<Float32Array> => {
      const values = new Float32Array(rowCount * dimension)
      await file.read(new Uint8Array(values.buffer), 0, values.byteLength, row * dimension * 4)
      return values
    }
    const sought = await vectors(self, 1)
    const nearest: SimilarImage[] = []
    const rowsAtOnce = Math.max(1, Math.floor(chunkBytes / 4 / dimension))
    for (let start = 0; start < ids.length; start += rowsAtOnce) {
      const values = await vectors(start, Math.min(rowsAtOnce, ids.length - start))
      for (let row = start, at = 0; at < values.length; row++) {
        let similarity = 0
        for (let place = 0; place < dimension; place++) similarity += sought[place]! * values[at++]!
        if (row === self || (nearest.length === count && similarity <= nearest[count - 1]!.similarity)) continue
        const after = nearest.findLastIndex((other) => other.similarity >= similarity)
        nearest.splice(after + 1, 0, { imageId: ids[row]!, similarity: Math.min(1, similarity) })
        if (nearest.length > count) nearest.pop()
      }
    }
    return nearest
  } finally {
    await file.close()
  }
}
