import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createProject, type OpenProject } from '#engine/database/project.ts'
import { createEngine, type Engine } from '#engine/engine.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { ImageId, RunId } from '#shared/entities.ts'
import { addClustering, addImages } from '../project-content.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
let engine: Engine
beforeEach(async () => {
  folder = await makeTemporaryFolder()
  engine = createEngine({ reportBug: (error) => console.error(error) })
})
afterEach(async () => {
  await engine.close()
  await folder.remove()
})

/** A finished stage "embed" of two dimensions, all values this one. */
function addEmbedding(project: OpenProject, runId: RunId, value: number): void {
  const resultFile = `embeddings/${runId}.f32`
  const file = join(project.folder.path, resultFile)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, new Uint8Array(new Float32Array(2 * project.runs.imageIds(runId).length).fill(value).buffer))
  project.runs.changeStage(runId, 'embed', { state: 'completed', resultFile })
}

function addRun(project: OpenProject, imageIds: readonly ImageId[]): RunId {
  const { id } = project.runs.create({
    ...{ name: 'later', recipe: {}, seed: 1, clusterCount: 2, imageIds, imageSizePx: 32, versions: {}, backendChoice: 'cpu' },
    stages: ['embed'],
  })
  return id
}

it('the embedding is that of the run behind the current clusters, and writing it again replaces it', async () => {
  const project = createProject(join(folder.path, 'p'))
  const images = addImages(project, 4)
  const { runId } = addClustering(project, { imageIds: images, clusters: [0, 0, 1, 1], stages: ['embed', 'self'] })
  addEmbedding(project, runId, 0.5)
  // A newer run whose clusters are not found yet.
  addEmbedding(project, addRun(project, images.slice(0, 3)), 0.25)
  project.close()
  const client = createEngineClient((request) => engine.handle(request))
  await client.project.open({ path: join(folder.path, 'p') })
  const out = join(folder.path, 'out')
  mkdirSync(out)
  writeFileSync(join(out, 'feas_moco_2_l2.npy'), 'of another time')
  for (let time = 0; time < 2; time++) {
    expect((await client.exports.features({ folder: out })).imageCount).toBe(4)
    expect(readdirSync(out).sort()).toEqual(['feas_moco_2_l2.files.json', 'feas_moco_2_l2.npy'])
    const bytes = readFileSync(join(out, 'feas_moco_2_l2.npy'))
    const values = new Float32Array(new Uint8Array(bytes.subarray(bytes.length - 32)).buffer)
    expect([...values]).toEqual(new Array(8).fill(0.5))
    expect(JSON.parse(readFileSync(join(out, 'feas_moco_2_l2.files.json'), 'utf8'))).toEqual([0, 1, 2, 3].map((row) => `00000${row}.png`))
  }
})
