import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine, type Engine } from '#engine/engine.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import type { JobId } from '#shared/entities.ts'
import { makeTemporaryFolder, makeTinyImages, tinyRun, untilAtRest } from '../tiny-project.ts'

const request = { ...tinyRun, overrides: { ...tinyRun.overrides, pretrain: { ...tinyRun.overrides.pretrain, epochs: 2 } } }

describe('the job of a run', () => {
  let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
  let engine: Engine
  let client: EngineClient
  const inProject = (...parts: string[]): string => join(folder.path, 'tiny.spicerack', ...parts)

  /** Resolves when a step of training has been taken. */
  const untilFirstStep = async (jobId: JobId): Promise<void> => {
    for await (const event of await client.jobs.events({ jobId }))
      if (event.type === 'progress' && event.progress.stage === 'pretrain' && event.progress.done > 0) return
    throw new Error('The job ended before its first step.')
  }

  beforeAll(async () => {
    folder = await makeTemporaryFolder()
    await makeTinyImages(join(folder.path, 'images'))
    engine = createEngine({ reportBug: (error) => console.error(error) })
    client = createEngineClient((sent) => engine.handle(sent))
    await client.project.create({ path: join(folder.path, 'tiny') })
    await untilAtRest(client, (await client.images.import({ folder: join(folder.path, 'images'), size: 32 })).id)
  })
  afterAll(async () => {
    await engine.close()
    await folder.remove()
  })

  it('gives the same bytes when it is paused within a stage and goes on', async () => {
    const whole = await client.runs.create(request)
    expect((await untilAtRest(client, whole.job.id)).state).toEqual({ kind: 'completed' })

    const parts = await client.runs.create(request)
    await untilFirstStep(parts.job.id)
    expect((await client.jobs.pause({ jobId: parts.job.id })).state).toEqual({ kind: 'paused' })
    const [stopped] = (await client.runs.get({ runId: parts.run.id })).stages
    expect(stopped).toMatchObject({ name: 'pretrain', state: 'stopped' })
    expect(stopped!.step).toBeGreaterThan(0)
    const { stages } = await client.runs.get({ runId: whole.run.id })
    // 40 images in two epochs of batches; the other stages count images, steps or hundredths of their work.
    expect(stages.map(({ step, totalSteps }) => step === totalSteps && totalSteps > 0)).toEqual(stages.map(() => true))
    expect(stopped!.totalSteps).toBe(stages[0]!.totalSteps)
    expect(existsSync(inProject('runs', parts.run.id, 'checkpoint-pretrain.bin'))).toBe(true)
    await client.jobs.resume({ jobId: parts.job.id })
    expect((await untilAtRest(client, parts.job.id)).state).toEqual({ kind: 'completed' })
    for (const file of ['pretrain.weights', 'semi.weights'])
      expect(readFileSync(inProject('runs', parts.run.id, file)).equals(readFileSync(inProject('runs', whole.run.id, file)))).toBe(true)
    expect(await client.runs.compare({ runId: whole.run.id, otherRunId: parts.run.id })).toMatchObject({ movedCount: 0, nmi: 1 })
  })

  it('stops for good when it is cancelled within a stage', async () => {
    // Long enough that it is still in its first stage when it is cancelled.
    const overrides = { ...request.overrides, pretrain: { ...request.overrides.pretrain, epochs: 100 } }
    const { run, job } = await client.runs.create({ ...request, overrides, seed: 9 })
    await untilFirstStep(job.id)
    const files = [join(folder.path, 'images', 'limes', 'limes-00.png')]
    await expect(client.predict.run({ files })).rejects.toMatchObject({ code: 'CONFLICT' })
    expect((await client.jobs.cancel({ jobId: job.id })).state).toEqual({ kind: 'cancelled' })
    await expect(client.jobs.resume({ jobId: job.id })).rejects.toMatchObject({ code: 'CONFLICT' })
    expect((await client.predict.run({ files })).predictions).toMatchObject([{ problem: null }])
    const { stages } = await client.runs.get({ runId: run.id })
    expect(stages.map(({ state }) => state)).toEqual(['stopped', 'pending', 'pending', 'pending', 'pending'])
  })

  it('is interrupted by the end of the engine, and goes on in the next', async () => {
    const { run, job } = await client.runs.create({ ...request, seed: 10, lastStage: 'embed' })
    await untilFirstStep(job.id)
    await client.project.close()
    await client.project.open({ path: inProject() })
    expect((await client.jobs.get({ jobId: job.id })).state).toEqual({ kind: 'interrupted' })
    await client.jobs.resume({ jobId: job.id })
    expect((await untilAtRest(client, job.id)).state).toEqual({ kind: 'completed' })
    expect(existsSync(inProject('embeddings', `${run.id}.f32`))).toBe(true)
  })

  it('fails with a reason when its images are gone, and goes on when they are back', async () => {
    const pack = inProject('pixels', '32.u8')
    renameSync(pack, `${pack}.away`)
    const { run, job } = await client.runs.create({ ...request, lastStage: 'embed' })
    expect((await untilAtRest(client, job.id)).state).toMatchObject({ kind: 'failed', error: { code: 'NOT_FOUND' } })
    expect((await client.runs.get({ runId: run.id })).stages[0]).toMatchObject({ state: 'failed', error: { code: 'NOT_FOUND' } })
    renameSync(`${pack}.away`, pack)
    await client.jobs.resume({ jobId: job.id })
    expect((await untilAtRest(client, job.id)).state).toEqual({ kind: 'completed' })
    expect((await client.runs.get({ runId: run.id })).stages[0]).toMatchObject({ state: 'completed', error: null })
  })

  it('names an image that cannot be read any more, in place of training on another picture, and goes on when it is back', async () => {
    const image = join(folder.path, 'images', 'limes', 'limes-19.png')
    const bytes = readFileSync(image)
    const readAgain = async () => untilAtRest(client, (await client.images.import({ folder: join(folder.path, 'images') })).id)
    const { job } = await client.runs.create({ ...request, lastStage: 'embed' })
    await untilFirstStep(job.id)
    await client.jobs.pause({ jobId: job.id })
    writeFileSync(image, 'no picture')
    await readAgain()
    await client.jobs.resume({ jobId: job.id })
    expect((await untilAtRest(client, job.id)).state).toMatchObject({
      kind: 'failed',
      error: { code: 'CONFLICT', message: expect.stringContaining('limes/limes-19.png'), advice: expect.stringContaining('import') },
    })
    writeFileSync(image, bytes)
    await readAgain()
    await client.jobs.resume({ jobId: job.id })
    expect((await untilAtRest(client, job.id)).state).toEqual({ kind: 'completed' })
  })

  it('says that its checkpoint is damaged, and then starts that stage again', async () => {
    const { run, job } = await client.runs.create({ ...request, lastStage: 'embed' })
    await untilFirstStep(job.id)
    await client.jobs.pause({ jobId: job.id })
    const checkpoint = inProject('runs', run.id, 'checkpoint-pretrain.bin')
    const bytes = readFileSync(checkpoint)
    bytes[bytes.length >> 1]! ^= 1
    writeFileSync(checkpoint, bytes)
    await client.jobs.resume({ jobId: job.id })
    expect((await untilAtRest(client, job.id)).state).toMatchObject({
      kind: 'failed',
      error: { code: 'CHECKPOINT_DAMAGED', message: expect.stringContaining('pretrain'), advice: expect.stringContaining('Resume') },
    })
    await client.jobs.resume({ jobId: job.id })
    expect((await untilAtRest(client, job.id)).state).toEqual({ kind: 'completed' })
    const whole = inProject('runs', (await client.runs.list()).at(-1)!.id)
    expect(readFileSync(inProject('runs', run.id, 'pretrain.weights')).equals(readFileSync(join(whole, 'pretrain.weights')))).toBe(true)
    expect(existsSync(inProject('runs', run.id, 'checkpoint-pretrain.damaged.bin'))).toBe(false)
  })

  it('fails and can be resumed when the training worker dies', async () => {
    await client.project.close()
    const fragile = createEngine({
      reportBug: (error) => console.error(error),
      workerEntry: new URL('./killed-worker.ts', import.meta.url),
    })
    const other = createEngineClient((sent) => fragile.handle(sent))
    await other.project.open({ path: inProject() })
    const { job } = await other.runs.create({ ...request, lastStage: 'embed' })
    expect((await untilAtRest(other, job.id)).state).toMatchObject({ kind: 'failed', error: { code: 'WORKER_DIED' } })
    await fragile.close()
    await client.project.open({ path: inProject() })
    await client.jobs.resume({ jobId: job.id })
    expect((await untilAtRest(client, job.id)).state).toEqual({ kind: 'completed' })
  })
})
