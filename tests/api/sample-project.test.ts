import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine, type Engine } from '#engine/engine.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

describe('the sample project', () => {
  const bugs: unknown[] = []
  let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
  let engine: Engine
  let client: EngineClient

  beforeAll(async () => {
    folder = await makeTemporaryFolder()
    engine = createEngine({ reportBug: (error) => bugs.push(error), stateFolder: join(folder.path, 'state') })
    client = createEngineClient((request) => engine.handle(request))
  })
  afterAll(async () => {
    await engine.close()
    await folder.remove()
  })

  it('has the photographs, and opens again without reading them again', { timeout: 60_000 }, async () => {
    const { project, job } = await client.recentProjects.openSample()
    for await (const _event of await client.jobs.events({ jobId: job!.id }));
    const { images } = await client.project.get()
    expect([images.total, images.ok]).toEqual([163, 163])
    await client.project.close()

    const again = await client.recentProjects.openSample()
    expect([again.project.path, again.job, again.project.images.total]).toEqual([project.path, null, 163])
    expect(bugs).toEqual([])
  })
})
