import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createProject, type OpenProject } from '#engine/database/project.ts'
import { createEngine, type Engine } from '#engine/engine.ts'
import { newestRun } from '#main/cli/commands/newest-run.ts'
import { startRun } from '#main/cli/commands/run.ts'
import type { RunFlags } from '#main/cli/commands/run-flags.ts'
import type { Session } from '#main/cli/session.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import type { ImageId, Run } from '#shared/entities.ts'
import { type JobState, stageNames } from '#shared/jobs.ts'
import { recipeNamed } from '#shared/recipes/index.ts'
import { resolveRecipe } from '#shared/recipes/recipe.ts'
import { addImages } from '../project-content.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
let project: OpenProject
let images: ImageId[]
let engine: Engine | undefined
let client: EngineClient

beforeEach(async () => {
  folder = await makeTemporaryFolder()
  project = createProject(join(folder.path, 'p'))
  images = addImages(project, 12)
})
afterEach(async () => {
  await engine?.close()
  await folder.remove()
})

/** A run of 3 clusters, seed 5 and learning rate 0.01 with its job, ended like this. */
function addRun(end: JobState): Run {
  const overrides = { pretrain: { source: 'moco', epochs: 4, learningRate: 0.01 } }
  const recipe = resolveRecipe(recipeNamed('quick'), { imageCount: images.length, clusterCount: 3, imageSize: 32 }, overrides)
  const run = project.runs.create({
    ...{ name: 'r', recipe, seed: 5, clusterCount: 3, imageIds: images, imageSizePx: 32, versions: {} },
    ...{ backendChoice: 'cpu', stages: stageNames },
  })
  const job = project.jobs.add('run', { runId: run.id, lastStage: 'semi' })
  for (const kind of ['starting', 'running'] as const) project.jobs.transition(job.id, { kind })
  if (end.kind === 'paused') project.jobs.transition(job.id, { kind: 'cancelling', keep: true })
  project.jobs.transition(job.id, end)
  if (end.kind === 'completed') for (const stage of stageNames) project.runs.changeStage(run.id, stage, { state: 'completed' })
  return project.runs.get(run.id)
}

async function openInEngine(): Promise<void> {
  project.close()
  engine = createEngine({ reportBug: (error) => console.error(error) })
  client = createEngineClient((request) => engine!.handle(request))
  await client.project.open({ path: join(folder.path, 'p') })
}

const same: RunFlags = { clusters: 3, recipe: 'quick', seed: 5, backend: 'cpu', epochs: 4, set: ['pretrain.learningRate=0.01'] }

describe('the newest run', () => {
  it('goes on when nothing else is asked for, and not when something is', async () => {
    const run = addRun({ kind: 'paused' })
    await openInEngine()
    const differing = async (flags: RunFlags) => (await newestRun(client, flags))!.differing
    expect(await newestRun(client, same)).toMatchObject({ run: { id: run.id }, isCompleted: false, differing: [] })
    expect((await newestRun(client, {}))!.unfinished).toMatchObject({ kind: 'run', state: { kind: 'paused' } })
    expect(await differing({ ...same, set: ['pretrain.learningRate=0.001'] })).toEqual(['pretrain.learningRate'])
    expect(await differing({ clusters: 4, recipe: 'standard', seed: 0, backend: 'auto', epochs: 9, encoder: 'e.onnx' })).toEqual([
      ...['--clusters', '--recipe', '--seed', '--backend', 'pretrain.epochs', 'pretrain.source', 'embed.onnxFile'],
    ])
    await expect(newestRun(client, { set: ['pretrain.nothing=1'] })).rejects.toMatchObject({ code: 'BAD_INPUT' })
  })

  it('alone counts: an older one that was interrupted does not go on', async () => {
    addRun({ kind: 'interrupted' })
    const run = addRun({ kind: 'completed' })
    await openInEngine()
    expect(await newestRun(client, same)).toMatchObject({ run: { id: run.id }, unfinished: undefined, isCompleted: true, differing: [] })
    await expect(startRun(sessionThat([]), { resume: true })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('that diverged is followed by a new one with other settings, and by none with --resume', async () => {
    const run = addRun({ kind: 'failed', error: { code: 'TRAINING_DIVERGED', message: 'It diverged.' } })
    await openInEngine()
    const flags: RunFlags = { ...same, set: ['pretrain.learningRate=0.001'] }
    await expect(startRun(sessionThat([]), { ...flags, resume: true })).rejects.toMatchObject({ code: 'BAD_INPUT' })
    expect(await client.runs.list()).toHaveLength(1)
    const said: string[] = []
    // These images have no pixels, so the new run is refused; that it was asked for is the matter here.
    await expect(startRun(sessionThat(said), flags)).rejects.toMatchObject({ code: 'NO_IMAGES' })
    expect(said).toEqual([`Starting a new run, because ${run.id}, which was interrupted, has another pretrain.learningRate; it is kept.`])
  })
})

function sessionThat(said: string[]): Session {
  const output = {
    isJson: false,
    say: (line: string) => void said.push(line),
    ...{ result: () => undefined, progress: () => undefined, progressDone: () => undefined, error: () => undefined },
  }
  return { client, handle: (request) => engine!.handle(request), output, follow: async () => undefined }
}
