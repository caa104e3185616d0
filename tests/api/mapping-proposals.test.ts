import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { proposeMappings } from '#engine/api/mappings.ts'
import { toNeighbourGraph } from '#engine/clustering/neighbour-graph.ts'
import { findNeighbours } from '#engine/clustering/neighbours.ts'
import { encodeGraph } from '#engine/clustering/stored-graph.ts'
import { createProject, type OpenProject } from '#engine/database/project.ts'
import { saveStageResult } from '#engine/jobs/stage-results.ts'
import type { ImageId, RunId } from '#shared/entities.ts'
import { availableBackends, useBackend } from '../backends.ts'
import { blobs } from '../clustering/synthetic.ts'
import { addImages } from '../project-content.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

const { embeddings, classes: kinds } = blobs([30, 20, 10], 8, 0.3, 2)
let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
let project: OpenProject
let images: ImageId[]
let runId: RunId

beforeEach(async () => {
  await useBackend((await availableBackends())[0]!)
  folder = await makeTemporaryFolder()
  project = createProject(join(folder.path, 'p'))
  images = addImages(project, kinds.length)
  const about = {
    name: 'r',
    recipe: {},
    seed: 1,
    clusterCount: 3,
    imageIds: images,
    imageSizePx: 32,
    versions: {},
    backendChoice: 'cpu',
  } as const
  runId = project.runs.create({ ...about, stages: ['embed', 'self'] }).id
  mkdirSync(project.folder.run(runId), { recursive: true })
  writeFileSync(join(project.folder.embeddings, `${runId}.f32`), new Uint8Array(embeddings.values.buffer))
  saveStageResult(project, runId, {
    ...{ state: 'completed', backend: 'cpu', choices: [] },
    result: { stage: 'embed', embeddingFile: 'embedding.f32', dimension: 8 },
  })
  const clustering = { clusterCount: 3, clusters: kinds, confidences: new Float32Array(kinds.length).fill(0.9) }
  saveStageResult(project, runId, {
    ...{ state: 'completed', backend: 'cpu', choices: [] },
    result: { stage: 'self', clustering, heads: [], bestHead: 0, headAgreements: null, advice: [] },
  })
})
afterEach(async () => {
  project.close()
  await folder.remove()
})

async function leaveGraph(): Promise<void> {
  const graph = toNeighbourGraph(await findNeighbours(embeddings, { neighbourCount: 6, memoryBytes: 1e6 }))
  writeFileSync(join(project.folder.run(runId), 'neighbours.graph'), encodeGraph(graph))
}

/** Labels the n-th image of a kind; the class is made where it is new. */
function label(kind: number, nth: number, name: string): void {
  const image = images[[...kinds.keys()].filter((place) => kinds[place] === kind)[nth]!]!
  if (!project.classes.list().some((known) => known.name === name)) project.edits.apply({ kind: 'createClass', name })
  const { id } = project.classes.list().find((known) => known.name === name)!
  project.edits.apply({ kind: 'labelImages', imageIds: [image], classId: id })
}
const proposed = () =>
  proposeMappings(project).map(({ className, agreeing, labelled, likely }) => ({ className, agreeing, labelled, likely }))

it('proposals without a graph count labelled images', () => {
  label(0, 0, 'apples')
  label(0, 1, 'limes')
  label(0, 2, 'limes')
  expect(proposed()).toEqual([{ className: 'limes', agreeing: 2, labelled: 3, likely: null }])
})

it('with one, they say what most images of a cluster are likely to be, of clusters without labels only when each may have a class', async () => {
  await leaveGraph()
  expect(proposed()).toEqual([])
  label(0, 0, 'apples')
  expect(proposed()).toEqual([{ className: 'apples', agreeing: 1, labelled: 1, likely: 1 }])
  label(1, 0, 'limes')
  label(1, 1, 'figs')
  label(1, 2, 'limes')
  const [apples, limes, third] = proposed()
  expect(apples).toEqual({ className: 'apples', agreeing: 1, labelled: 1, likely: 1 })
  expect(limes).toMatchObject({ className: 'limes', agreeing: 2, labelled: 3 })
  expect(limes!.likely).toBeGreaterThan(0.5)
  expect(third).toMatchObject({ agreeing: 0, labelled: 0 })
})

it('they follow each label, though graph and features are read once', async () => {
  await leaveGraph()
  label(2, 0, 'apples')
  expect(proposed()[0]).toMatchObject({ className: 'apples' })
  label(2, 0, 'pears')
  expect(proposed()[0]).toMatchObject({ className: 'pears', agreeing: 1, labelled: 1 })
})
