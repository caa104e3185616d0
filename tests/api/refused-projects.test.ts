import { copyFileSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createProject } from '#engine/database/project.ts'
import { createEngine, type Engine } from '#engine/engine.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
let engine: Engine
let client: EngineClient
let path: string
const bugs: unknown[] = []

const start = (): EngineClient => {
  engine = createEngine({ reportBug: (error) => bugs.push(error) })
  return createEngineClient((request) => engine.handle(request))
}
beforeEach(async () => {
  folder = await makeTemporaryFolder()
  path = join(folder.path, 'p.spicerack')
  bugs.length = 0
  client = start()
  await client.project.create({ path })
  await client.classes.create({ name: 'kept' })
  await client.project.close()
})
afterEach(async () => {
  await engine.close()
  await folder.remove()
  expect(bugs).toEqual([])
})

const refusal = (code: string, advice: RegExp) => ({
  code,
  message: expect.stringMatching(/changed|open already/),
  advice: expect.stringMatching(advice),
})

it('refuses a project of a newer release, unchanged', async () => {
  const project = createProject(join(folder.path, 'newer'))
  project.connection.sql.pragma('user_version = 9999')
  project.close()
  const database = join(folder.path, 'newer.spicerack', 'project.db')
  const before = readFileSync(database)
  await expect(client.project.open({ path: join(folder.path, 'newer') })).rejects.toMatchObject(refusal('PROJECT_NEWER', /Update/))
  expect(readFileSync(database).equals(before)).toBe(true)
  expect((await client.engine.status()).project).toBeNull()
})

it('refuses a damaged database, and opens the backup put in its place', async () => {
  const database = join(path, 'project.db')
  const backup = join(path, 'backups', 'before-002-imported-labels.db')
  copyFileSync(database, backup)
  const file = openSync(database, 'r+')
  writeSync(file, Buffer.alloc(200, 7), 0, 200, 0)
  await expect(client.project.open({ path })).rejects.toMatchObject(refusal('PROJECT_DAMAGED', /before-002-imported-labels\.db/))
  copyFileSync(backup, database)
  await client.project.open({ path })
  expect(await client.classes.list()).toMatchObject([{ name: 'kept' }])
})

it('refuses a project that another engine has open, which goes on undisturbed', async () => {
  await client.project.open({ path })
  const second = createEngine({ reportBug: (error) => bugs.push(error) })
  const elsewhere = createEngineClient((request) => second.handle(request))
  await expect(elsewhere.project.open({ path })).rejects.toMatchObject(refusal('PROJECT_LOCKED', /Close it there/))
  await client.classes.create({ name: 'another' })
  await client.project.close()
  await elsewhere.project.open({ path })
  expect(await elsewhere.classes.list()).toMatchObject([{ name: 'kept' }, { name: 'another' }])
  await second.close()
})
