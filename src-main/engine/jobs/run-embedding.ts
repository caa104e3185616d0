import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenProject } from '#engine/database/project.ts'
import type { RunId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'

/** The vectors of a run's images: `values` is `[count, dimension]` with unit rows; `rowOf` gives the row of an image id. */
type RunEmbedding = Readonly<{ values: Float32Array; count: number; dimension: number; rowOf: ReadonlyMap<number, number> }>

/**
 * Undefined before the stage `embed` is done.
 *
 * @throws PROJECT_DAMAGED when the file is gone or was cut off.
 */
export function readRunEmbedding(project: OpenProject, runId: RunId): RunEmbedding | undefined {
  const path = embeddingFileOf(project, runId)
  if (path === undefined) return undefined
  const rowOf = new Map(project.runs.imageIds(runId).map((imageId, row) => [imageId as number, row]))
  const bytes = readEmbeddingFile(path)
  const dimension = bytes.length / 4 / rowOf.size
  if (!Number.isInteger(dimension) || dimension < 1) throw damaged(path)
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  return { values, count: rowOf.size, dimension, rowOf }
}

/** Where the vectors of a run's images are; undefined before the stage `embed` is done. */
export function embeddingFileOf(project: OpenProject, runId: RunId): string | undefined {
  const stage = project.runs.get(runId).stages.find(({ name }) => name === 'embed')
  return stage?.state !== 'completed' || stage.resultFile === null ? undefined : join(project.folder.path, stage.resultFile)
}

/** Bytes of one vector of the run behind the current clustering; 0 before there is one. */
export function embeddingBytesOf(project: OpenProject): number {
  const id = project.project.currentClusteringId()
  if (id === null) return 0
  const { runId } = project.clusterings.get(id)
  const file = embeddingFileOf(project, runId)
  const size = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false })?.size
  return (size ?? 0) / project.runs.get(runId).imageCount
}

function readEmbeddingFile(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw damaged(path)
    throw error
  }
}

/** The error for an embedding that is not as it was written. */
export function damaged(path: string): SpicerackError {
  return new SpicerackError('PROJECT_DAMAGED', say('embeddingGone', { path }), {
    advice: say('restoreOrRun'),
  })
}
