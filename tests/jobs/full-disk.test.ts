import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createEngine, type Engine } from '#engine/engine.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import { mountSmallDisk, type SmallDisk } from '../small-disk.ts'
import { makeTemporaryFolder, makeTinyImages, tinyImageCount, tinyRun, untilAtRest } from '../tiny-project.ts'

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
let disk: SmallDisk | undefined
let engine: Engine
let client: EngineClient
const bugs: unknown[] = []

const images = (): string => join(folder.path, 'images')
const onDisk = (...parts: string[]): string => join(disk!.path, ...parts)
/** That the same is said for other languages. */
const said = {
  message: { text: expect.stringMatching(/./), key: expect.any(String), values: expect.any(Object) },
  advice: expect.any(Object),
}
const diskFull = { code: 'DISK_FULL', message: expect.stringMatching(/./), advice: expect.stringMatching(/space/), said }
const failed = { kind: 'failed', error: diskFull }

beforeEach(async ({ skip }) => {
  folder = await makeTemporaryFolder()
  disk = mountSmallDisk(join(folder.path, 'disk'), 24)
  if (!disk) skip('mounting is not permitted here')
  await makeTinyImages(images())
  bugs.length = 0
  engine = createEngine({ reportBug: (error) => bugs.push(error) })
  client = createEngineClient((request) => engine.handle(request))
})
afterEach(async () => {
  await engine?.close()
  disk?.unmount()
  await folder.remove()
  expect(bugs).toEqual([])
})

/** What an import and a run gave, but for times. */
async function describeProject() {
  const { images: all } = await client.images.list({ limit: 1000 })
  return {
    images: all.map(({ importedAt: _, ...image }) => image),
    clusters: await client.clusters.list(),
    stages: (await client.runs.list()).map(({ stages }) => stages.map(({ name, state, resultFile }) => [name, state, resultFile])),
  }
}

it('an import and a run on a full disk say so, keep what was there, and go on to the same end when there is space', async () => {
  await client.project.create({ path: join(folder.path, 'roomy') })
  await untilAtRest(client, (await client.images.import({ folder: images(), size: 32 })).id)
  await untilAtRest(client, (await client.runs.create(tinyRun)).job.id)
  const expected = await describeProject()
  const weights = (project: string) => readFileSync(join(project, 'runs', 'run-0001', 'semi.weights'))
  await client.project.close()

  await client.project.create({ path: onDisk('tight') })
  await client.classes.create({ name: 'before' })
  disk!.fill(100_000)
  const reading = await client.images.import({ folder: images(), size: 32 })
  expect((await untilAtRest(client, reading.id)).state).toEqual(failed)
  expect((await client.jobs.list()).map(({ state }) => state)).toEqual([failed])
  disk!.fill(0)
  await expect(client.classes.create({ name: 'refused' })).rejects.toMatchObject(diskFull)
  expect((await client.classes.list()).map(({ name }) => name)).toEqual(['before'])
  disk!.free()
  await client.jobs.resume({ jobId: reading.id })
  expect((await untilAtRest(client, reading.id)).state).toEqual({ kind: 'completed' })
  expect((await client.project.get()).images).toMatchObject({ total: tinyImageCount, ok: tinyImageCount })

  disk!.fill(0)
  await expect(client.runs.create(tinyRun)).rejects.toMatchObject(diskFull)
  expect([await client.runs.list(), (await client.jobs.list()).length]).toEqual([[], 1])
  for (const leftBytes of [60_000, 400_000]) {
    disk!.free()
    const [job] = await client.jobs.list()
    const jobId = job!.kind === 'run' ? job!.id : (await client.runs.create(tinyRun)).job.id
    disk!.fill(leftBytes)
    if (job!.kind === 'run') await client.jobs.resume({ jobId })
    expect((await untilAtRest(client, jobId)).state).toEqual(failed)
    expect(readdirSync(onDisk('tight.spicerack', 'runs', 'run-0001')).filter((name) => name.endsWith('.unfinished'))).toEqual([])
  }
  disk!.free()
  const [running] = await client.jobs.list()
  await client.jobs.resume({ jobId: running!.id })
  expect((await untilAtRest(client, running!.id)).state).toEqual({ kind: 'completed' })
  expect(await describeProject()).toEqual(expected)
  expect(weights(onDisk('tight.spicerack')).equals(weights(join(folder.path, 'roomy.spicerack')))).toBe(true)
})

it('an export to a full or a read-only disk says so, leaves nothing, and is done when it can be', async () => {
  await client.project.create({ path: join(folder.path, 'p') })
  await untilAtRest(client, (await client.images.import({ folder: images(), size: 32 })).id)
  await client.labels.import({ path: images() })
  disk!.fill(20_000)
  const job = await client.exports.start({ format: 'imagefolder', out: onDisk('dataset') })
  expect((await untilAtRest(client, job.id)).state).toEqual(failed)
  expect(readdirSync(disk!.path)).toEqual(['filling'])
  disk!.free()
  disk!.makeReadOnly()
  await client.jobs.resume({ jobId: job.id })
  const refused = {
    kind: 'failed',
    error: { code: 'FOLDER_READ_ONLY', message: expect.stringMatching(/./), advice: expect.any(String), said },
  }
  expect((await untilAtRest(client, job.id)).state).toEqual(refused)
  expect(readdirSync(disk!.path)).toEqual([])
  disk!.makeWritable()
  await client.jobs.resume({ jobId: job.id })
  expect((await untilAtRest(client, job.id)).state).toEqual({ kind: 'completed' })
  expect(existsSync(onDisk('dataset', 'manifest.json'))).toBe(true)
  expect(await client.exports.list()).toMatchObject([{ state: 'completed', imageCount: tinyImageCount }])
})

it('a project on a read-only disk is refused, and images on one are read', async () => {
  await client.project.create({ path: onDisk('p') })
  await client.project.close()
  await makeTinyImages(onDisk('images'))
  disk!.makeReadOnly()
  const refused = { code: 'FOLDER_READ_ONLY', message: expect.stringMatching(/./), advice: expect.stringMatching(/./) }
  await expect(client.project.open({ path: onDisk('p') })).rejects.toMatchObject(refused)
  await expect(client.project.create({ path: onDisk('q') })).rejects.toMatchObject(refused)
  await client.project.create({ path: join(folder.path, 'elsewhere') })
  const job = await client.images.import({ folder: onDisk('images'), size: 32 })
  expect((await untilAtRest(client, job.id)).state).toEqual({ kind: 'completed' })
  expect((await client.project.get()).images.ok).toBe(tinyImageCount)
})
