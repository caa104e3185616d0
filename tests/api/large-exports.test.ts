import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProject } from '#engine/database/project.ts'
import { createEngine, type Engine } from '#engine/engine.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import type { ClusterId, ImageId } from '#shared/entities.ts'
import { addClustering, addImages } from '../project-content.ts'
import { makeTemporaryFolder, untilAtRest } from '../tiny-project.ts'

const imageCount = 60_000

describe('exports of a large project', () => {
  let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
  let engine: Engine
  let client: EngineClient
  let clusterId: ClusterId
  const place = (name: string): string => join(folder.path, name)
  const request = () => ({
    ...{ format: 'jsonl' as const, out: place('labels'), clustersAsClasses: true },
    split: { train: 0.8, val: 0.1, test: 0.1 },
  })

  beforeAll(async () => {
    folder = await makeTemporaryFolder()
    const project = createProject(place('large.spicerack'))
    const imageIds = addImages(project, imageCount)
    addClustering(project, { imageIds, clusters: imageIds.map((_, row) => row % 20) })
    project.close()
    engine = createEngine({ reportBug: console.error })
    client = createEngineClient((asked) => engine.handle(asked))
    await client.project.open({ path: place('large.spicerack') })
    clusterId = (await client.clusters.list())[0]!.id
  }, 60_000)
  afterAll(async () => {
    await engine?.close()
    await folder?.remove()
  })

  /** How many times a page, an edit and its undo were answered, one after the other, before `work` was done. */
  async function countAnswers(work: Promise<unknown>): Promise<number> {
    let isDone = false
    const settled = work.finally(() => {
      isDone = true
    })
    let answered = 0
    for (; !isDone; await setTimeout(1)) {
      const { images } = await client.images.list({ filter: { status: 'ok' }, limit: 20 })
      expect(images.length).toBe(20)
      await client.clusters.rename({ clusterId, name: `Turn ${answered}` })
      await client.edits.undo()
      if (!isDone) answered += 1
    }
    await settled
    return answered
  }

  it('lets others be answered while it is planned, and plans one state of the project', async () => {
    const [{ name }] = await client.clusters.list()
    const planning = client.exports.plan(request())
    expect(await countAnswers(planning)).toBeGreaterThan(5)
    const plan = await planning
    expect(plan.count).toBe(imageCount)
    expect(plan.classes.map(({ count }) => count)).toEqual(new Array(20).fill(imageCount / 20))
    expect(Object.values(plan.splits).reduce((sum, side) => sum + (side?.count ?? 0), 0)).toBe(imageCount)
    expect((await client.exports.plan(request())).classes.map((each) => each.name)).toContain(name)
  })

  it('is planned anew after an edit', async () => {
    const before = await client.exports.plan(request())
    await client.assignments.reject({ imageIds: [1, 2, 3] as ImageId[], rejected: true })
    const { count, excluded } = await client.exports.plan(request())
    expect({ count, rejected: excluded.rejected }).toEqual({ count: imageCount - 3, rejected: 3 })
    await client.edits.undo()
    expect(await client.exports.plan(request())).toEqual(before)
  })

  it('is not planned any more when nobody waits, and the next one is', async () => {
    const stop = new AbortController()
    const stopped = client.exports.plan({ ...request(), seed: 1 }, { signal: stop.signal })
    const next = client.exports.plan({ ...request(), seed: 2, minConfidence: 0.6 })
    setTimeout(20).then(() => stop.abort())
    await expect(stopped).rejects.toThrow()
    expect((await next).excluded.lowConfidence).toBe(imageCount)
  })

  it('lets others be answered while it is written', async () => {
    const { id } = await client.exports.start(request())
    expect(await countAnswers(untilAtRest(client, id))).toBeGreaterThan(5)
    expect((await client.jobs.get({ jobId: id })).state).toEqual({ kind: 'completed' })
    const lines = (await readFile(place('labels/labels.jsonl'), 'utf8')).trimEnd().split('\n')
    expect(lines.length).toBe(imageCount)
    expect(JSON.parse(lines[1]!)).toMatchObject({ path: '000001.png', class: expect.any(String), confidence: 0.5, label_source: 'mapping' })
  })

  it('leaves nothing behind when it is cancelled, or when its project is closed', async () => {
    const { id } = await client.exports.start({ ...request(), out: place('cancelled') })
    await setTimeout(50)
    expect((await client.jobs.cancel({ jobId: id })).state.kind).toBe('cancelled')
    const planning = client.exports.plan({ ...request(), seed: 3 })
    const refused = expect(planning).rejects.toMatchObject({ code: 'CANCELLED' })
    await setTimeout(20)
    await client.project.close()
    await refused
    await client.project.open({ path: place('large.spicerack') })
    expect((await client.exports.list()).map(({ state }) => state)).toEqual(['cancelled', 'completed'])
    await expect(readFile(place('cancelled/manifest.json'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
