import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NearestOthers } from '#engine/clustering/neighbour-links.ts'
import type { OpenProject } from '#engine/database/project.ts'
import type { RunId } from '#shared/entities.ts'

/** The nearest other images of each image of a run, in its order; undefined before the stage `reliable` is done, or in runs of before. */
export function readRunNeighbours(project: OpenProject, runId: RunId): NearestOthers | undefined {
  const { stages, imageCount: count } = project.runs.get(runId)
  const stage = stages.find(({ name }) => name === 'reliable')
  if (stage?.state !== 'completed' || stage.resultFile === null) return undefined
  const path = join(project.folder.path, stage.resultFile)
  // Advice is not worth a refusal: a file that is gone or cut off is as none.
  const bytes = existsSync(path) ? readFileSync(path) : new Uint8Array()
  const width = bytes.length / 4 / count
  if (!Number.isInteger(width) || width < 1) return undefined
  return { count, width, others: new Int32Array(new Uint8Array(bytes).buffer) }
}
