import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine, type Engine } from '#engine/engine.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

describe('folders under certain roots', () => {
  let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
  let engine: Engine
  let client: EngineClient

  beforeAll(async () => {
    folder = await makeTemporaryFolder()
    for (const name of ['open/inner', 'open-not', 'secret']) await mkdir(join(folder.path, name), { recursive: true })
    await symlink(join(folder.path, 'secret'), join(folder.path, 'open', 'way-out'))
    engine = createEngine({ reportBug: console.error, folderRoots: [join(folder.path, 'open')] })
    client = createEngineClient((request) => engine.handle(request))
  })
  afterAll(async () => {
    await engine?.close()
    await folder?.remove()
  })

  it('are listed, without a way above', async () => {
    const root = join(folder.path, 'open')
    expect(await client.folders.list({ path: root })).toMatchObject({ parent: null, roots: [root] })
    expect(await client.folders.list({ path: join(root, 'inner') })).toMatchObject({ parent: root })
  })

  it('are not left: not upwards, not to a name that begins alike, not by a link', async () => {
    for (const path of [
      folder.path,
      join(folder.path, 'open-not'),
      join(folder.path, 'open', 'way-out'),
      join(folder.path, 'open', '..', 'secret'),
    ])
      await expect(client.folders.list({ path })).rejects.toMatchObject({ code: 'FOLDER_UNREADABLE' })
  })
})
