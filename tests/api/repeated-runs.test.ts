import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createProject, type OpenProject } from '#engine/database/project.ts'
import { createEngine, type Engine } from '#engine/engine.ts'
import { writePixelSettings } from '#engine/jobs/pixel-settings.ts'
import { keepRunDecisions } from '#engine/jobs/run-decisions.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import type { ImageId, RunId } from '#shared/entities.ts'
import { addClustering, addImages } from '../project-content.ts'
import { makeTemporaryFolder, untilAtRest } from '../tiny-project.ts'

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
let project: OpenProject
let engine: Engine | undefined

beforeEach(async () => {
  folder = await makeTemporaryFolder()
  project = createProject(join(folder.path, 'p'))
})
afterEach(async () => {
  await engine?.close()
  await folder.remove()
})

/** The project in an engine whose worker dies: what a run is made of is the matter here. */
async function openInEngine(): Promise<EngineClient> {
  project.close()
  engine = createEngine({
    reportBug: (error) => console.error(error),
    workerEntry: new URL('../jobs/killed-worker.ts', import.meta.url),
  })
  const client = createEngineClient((request) => engine!.handle(request))
  await client.project.open({ path: join(folder.path, 'p') })
  return client
}

/** A run of these images in two clusters, with the decisions that it obeyed. */
function addOldRun(imageIds: readonly ImageId[]): RunId {
  writePixelSettings(project.folder, { size: 32, fit: 'cover' })
  const { runId } = addClustering(project, { imageIds, clusters: imageIds.map((_, index) => index % 2) })
  mkdirSync(project.folder.run(runId), { recursive: true })
  keepRunDecisions(project, runId)
  return runId
}

it('a repeated run has the images of the first, not those of today', async () => {
  // Two were added since.
  const runId = addOldRun(addImages(project, 14).slice(0, 12))
  const client = await openInEngine()
  const { run, job } = await client.runs.create({ clusterCount: 2, repeats: runId })
  expect(run.imageCount).toBe(12)
  await untilAtRest(client, job.id)
  const ofToday = await client.runs.create({ clusterCount: 2 })
  expect(ofToday.run.imageCount).toBe(14)
  await untilAtRest(client, ofToday.job.id)
})

it('a run is not repeated when an image of it has been read anew', async () => {
  const runId = addOldRun(addImages(project, 12))
  await setTimeout(5)
  addImages(project, 1)
  const client = await openInEngine()
  await expect(client.runs.create({ clusterCount: 2, repeats: runId })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: `${runId} cannot be repeated: 1 of its 12 images have changed since, 000000.png among them.`,
  })
  expect(await client.runs.list()).toHaveLength(1)
})

it('runs are compared by what they say of each image: its cluster, and its confidence to the last digit', async () => {
  const imageIds = addImages(project, 4)
  const clusters = [0, 0, 1, 1]
  const confidences = [0.5, 0.75, 0.5, 0.5]
  const one = addClustering(project, { imageIds, clusters, confidences })
  const carriedOver = project.clusterings.clusterIds(one.id)
  const same = addClustering(project, { imageIds, clusters, confidences, carriedOver })
  const unsure = addClustering(project, { imageIds, clusters, confidences: [0.5, 0.7500001, 0.5, 0.5], carriedOver })
  const renumbered = addClustering(project, { imageIds, clusters: [1, 1, 0, 0], confidences, carriedOver: carriedOver.toReversed() })
  const moved = addClustering(project, { imageIds, clusters: [0, 1, 1, 1], confidences, carriedOver })
  const client = await openInEngine()
  const compared = async ({ runId }: { runId: typeof one.runId }) => client.runs.compare({ runId: one.runId, otherRunId: runId })
  expect(await compared(same)).toMatchObject({ imageCount: 4, movedCount: 0, differingCount: 0 })
  expect(await compared(unsure)).toMatchObject({ movedCount: 0, nmi: 1, differingCount: 1 })
  expect(await compared(renumbered)).toMatchObject({ movedCount: 0, nmi: 1, differingCount: 4 })
  expect(await compared(moved)).toMatchObject({ movedCount: 1, differingCount: 1 })
})
