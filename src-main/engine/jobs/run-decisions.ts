import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenProject } from '#engine/database/project.ts'
import { writeWholeFile } from '#engine/files/write-whole-file.ts'
import type { ImageId, RunId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { type HumanDecisions, humanDecisions } from './human-decisions.ts'

const columns = ['humanLabels', 'knownClasses', 'humanClusters', 'previousClusters'] as const satisfies (keyof HumanDecisions)[]

/**
 * Keeps the decisions that a new run obeys, in its folder: those of now, or those that another run obeyed. What is decided while it
 * runs is for the next one, so that a run can be repeated.
 */
export function keepRunDecisions(project: OpenProject, runId: RunId, like?: RunId): void {
  const imageIds = project.runs.imageIds(runId)
  const decisions = like === undefined ? humanDecisions(project, imageIds) : decisionsOf(project, like, imageIds)
  const values = new Int32Array(columns.length * imageIds.length)
  columns.forEach((column, index) => {
    values.set(decisions[column], index * imageIds.length)
  })
  writeWholeFile(fileOf(project, runId), new Uint8Array(values.buffer))
}

/** The decisions that a run obeys, in the order of its images. @throws PROJECT_DAMAGED when the file is gone or was cut off. */
export function readRunDecisions(project: OpenProject, runId: RunId): HumanDecisions {
  const file = fileOf(project, runId)
  const bytes = existsSync(file) ? readFileSync(file) : new Uint8Array()
  const imageCount = project.runs.imageIds(runId).length
  if (bytes.length !== columns.length * imageCount * 4)
    throw new SpicerackError('PROJECT_DAMAGED', say('decisionsDamaged', { run: runId }), {
      advice: say('startNewRun'),
    })
  const values = new Int32Array(new Uint8Array(bytes).buffer)
  const [humanLabels, knownClasses, humanClusters, previousClusters] = columns.map((_, index) =>
    values.slice(index * imageCount, (index + 1) * imageCount),
  ) as [Int32Array, Int32Array, Int32Array, Int32Array]
  return { humanLabels, knownClasses, humanClusters, previousClusters }
}

/** What another run obeyed, for these images; nothing about an image that it did not have. */
function decisionsOf(project: OpenProject, runId: RunId, imageIds: readonly ImageId[]): HumanDecisions {
  const decisions = readRunDecisions(project, runId)
  const placeOf = new Map(project.runs.imageIds(runId).map((id, place) => [id, place]))
  const take = (column: Int32Array) => Int32Array.from(imageIds, (id) => column[placeOf.get(id) ?? -1] ?? -1)
  return {
    humanLabels: take(decisions.humanLabels),
    knownClasses: take(decisions.knownClasses),
    humanClusters: take(decisions.humanClusters),
    previousClusters: take(decisions.previousClusters),
  }
}

function fileOf(project: OpenProject, runId: RunId): string {
  return join(project.folder.run(runId), 'decisions.i32')
}
