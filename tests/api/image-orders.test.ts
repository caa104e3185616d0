import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine, type Engine } from '#engine/engine.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import { makeTemporaryFolder, makeTinyImages, tinyImageCount, tinyRun, untilAtRest } from '../tiny-project.ts'

describe('the order of images', () => {
  let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
  let engine: Engine
  let client: EngineClient

  beforeAll(async () => {
    folder = await makeTemporaryFolder()
    await makeTinyImages(join(folder.path, 'images'))
    engine = createEngine({ reportBug: console.error })
    client = createEngineClient((request) => engine.handle(request))
    await client.project.create({ path: join(folder.path, 'order.spicerack') })
    await untilAtRest(client, (await client.images.import({ folder: join(folder.path, 'images') })).id)
    await untilAtRest(client, (await client.runs.create(tinyRun)).job.id)
  }, 120_000)
  afterAll(async () => {
    await engine?.close()
    await folder?.remove()
  })

  it('is another one after a correction, and the first one after its undo', async () => {
    const ask = () => client.images.order({ filter: { status: 'ok' }, sort: 'typical' })
    const before = await ask()
    expect(await ask()).toEqual(before)
    const { images } = await client.images.list({})
    await client.assignments.reject({ imageIds: [images[0]!.id], rejected: true })
    const after = await ask()
    expect(after.bands.find(({ band }) => band === 'rejected')?.count).toBe(1)
    expect(after.url).not.toBe(before.url)
    await client.edits.undo()
    expect(await ask()).toEqual(before)
  })

  it('holds the images of one band, and all bands together hold each image once', async () => {
    const counts = await Promise.all(
      (['reliable', 'doubtful', 'rejected'] as const).map(async (band) => (await client.images.order({ filter: { band } })).count),
    )
    expect(counts.reduce((sum, count) => sum + count)).toBe(tinyImageCount)
    const { bands } = await client.images.order({ filter: {} })
    expect(bands.map(({ count }) => count)).toEqual(counts.filter((count) => count > 0))
  })

  it('shows the most typical images of each cluster: reliable ones first, then surest first', async () => {
    const covers = await client.clusters.covers({ count: 5 })
    const clusters = (await client.clusters.list()).filter(({ imageCount }) => imageCount > 0)
    expect(covers.map(({ clusterId }) => clusterId)).toEqual(clusters.map(({ id }) => id))
    for (const { imageIds, clusterId } of covers) {
      const { images } = await client.images.list({ filter: { clusterId } })
      const best = images
        .map(({ id, assignment }) => ({ id, score: assignment!.confidence + (assignment!.reliable ? 2 : 0) }))
        .sort((one, other) => other.score - one.score || one.id - other.id)
      expect(imageIds).toEqual(best.slice(0, 5).map(({ id }) => id))
    }
  })
})
