import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createProject } from '#engine/database/project.ts'
import { createEngine, type Engine } from '#engine/engine.ts'
import { newProject } from '#main/cli/commands/new.ts'
import type { Session } from '#main/cli/session.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import { makeTemporaryFolder, makeTinyImages, untilAtRest } from '../tiny-project.ts'

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
let engine: Engine
let session: Session
let said: string[]

beforeEach(async () => {
  folder = await makeTemporaryFolder()
  await makeTinyImages(join(folder.path, 'images'), 4)
  engine = createEngine({ reportBug: (error) => console.error(error) })
  const client = createEngineClient((request) => engine.handle(request))
  said = []
  const output = {
    isJson: false,
    say: (line: string) => void said.push(line),
    result: (_: string, __: unknown, text: string) => void said.push(text),
    ...{ progress: () => undefined, progressDone: () => undefined, error: () => undefined },
  }
  const follow: Session['follow'] = async (job) => void (await untilAtRest(client, job.id))
  session = { client, handle: engine.handle, output, follow }
})
afterEach(async () => {
  await engine.close()
  await folder.remove()
})

it('an import that was interrupted goes on when the same folder is given again, and status says how', async () => {
  const path = join(folder.path, 'p.spicerack')
  const images = join(folder.path, 'images')
  const project = createProject(path)
  const { id } = project.jobs.add('import', { folder: images })
  for (const kind of ['starting', 'running', 'interrupted'] as const) project.jobs.transition(id, { kind })
  project.close()
  await newProject(session, path, images)
  expect(await session.client.jobs.list()).toMatchObject([{ id, state: { kind: 'completed' } }])
  expect(said).toEqual([
    `${path} exists already; ${images} is read into it.`,
    `Going on reading ${images}.`,
    '4 images',
    'p: 4 images\nNo run yet.',
  ])
})

it('another folder is read into a project that is there', async () => {
  const path = join(folder.path, 'p.spicerack')
  const typo = join(folder.path, 'imagse')
  await expect(newProject(session, path, typo)).rejects.toMatchObject({ code: 'NO_IMAGES' })
  await session.client.project.close()
  await newProject(session, path, join(folder.path, 'images'))
  expect(said.at(-1)).toBe('p: 4 images\nNo run yet.')
  expect((await session.client.jobs.list()).map(({ state }) => state.kind)).toEqual(['completed', 'failed'])
})
