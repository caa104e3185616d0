import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate, schemaVersion } from '#engine/database/migrate.ts'
import { createProject, openProject } from '#engine/database/project.ts'
import type { JobId } from '#shared/entities.ts'
import { mountSmallDisk, type SmallDisk } from '../small-disk.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spicerack-project-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const code = (expected: string) => expect.objectContaining({ code: expected })
const source = new URL('../../src-main/engine/database/project.ts', import.meta.url).href

/** A Node process that runs this script, and its first lines of output. */
function start(script: string): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('a project killed in a stream of edits keeps every acknowledged edit and no part of another', async () => {
  const path = join(folder, 'p')
  const child = start(`
    const { createProject } = await import(${JSON.stringify(source)})
    const project = createProject(${JSON.stringify(path)})
    for (let n = 0; ; n++) {
      project.edits.apply({ kind: 'createClass', name: 'a' + n }, { kind: 'createClass', name: 'b' + n })
      process.stdout.write(n + '\\n')
    }`)
  let output = ''
  child.stdout!.on('data', (data: Buffer) => {
    output += data
    if (output.split('\n').length > 40) child.kill('SIGKILL')
  })
  await new Promise((done) => child.on('close', done))
  const acknowledged = output.slice(0, output.lastIndexOf('\n')).split('\n').map(Number)
  const project = openProject(path)
  const names = new Set(project.classes.list().map(({ name }) => name))
  expect(acknowledged.length).toBeGreaterThan(30)
  expect(acknowledged.filter((n) => !names.has(`a${n}`) || !names.has(`b${n}`))).toEqual([])
  expect([...names].filter((name) => !names.has((name[0] === 'a' ? 'b' : 'a') + name.slice(1)))).toEqual([])
  expect(names.size).toBe(project.edits.list(100_000).length)
  project.close()
})

test('a project open in another process is locked, and free again once that process is killed', async () => {
  const path = join(folder, 'p')
  const child = start(`
    const { createProject } = await import(${JSON.stringify(source)})
    const project = createProject(${JSON.stringify(path)})
    const job = project.jobs.add('run', {})
    project.jobs.transition(job.id, { kind: 'starting' })
    process.stdout.write('open')
    setInterval(() => project, 1000)`)
  await new Promise((done) => child.stdout!.once('data', done))
  expect(() => openProject(path)).toThrow(
    expect.objectContaining({ code: 'PROJECT_LOCKED', message: expect.stringContaining(`process ${child.pid} on`) }),
  )
  const ended = new Promise((done) => child.on('close', done))
  child.kill('SIGKILL')
  await ended
  const project = openProject(path)
  expect(project.jobs.get(1 as JobId).state).toEqual({ kind: 'interrupted' })
  expect(() => project.jobs.transition(1 as JobId, { kind: 'completed' })).toThrow(code('CONFLICT'))
  project.close()
})

test('a database of a newer schema is refused unchanged', () => {
  const path = join(folder, 'p')
  const project = createProject(path)
  project.connection.sql.pragma(`user_version = ${schemaVersion + 1}`)
  project.close()
  expect(() => openProject(path)).toThrow(code('PROJECT_NEWER'))
})

test('a migration is preceded by a backup, and undone as a whole when it fails', () => {
  const project = createProject(join(folder, 'p'))
  const { connection, folder: parts } = project
  const next = { version: schemaVersion + 1, name: 'next', sql: 'CREATE TABLE extra (a) ; INSERT INTO nowhere VALUES (1)' }
  expect(() => migrate(connection, parts.backups, [next])).toThrow('nowhere')
  expect(connection.sql.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'").pluck().get()).toBe(0)
  migrate(connection, parts.backups, [{ ...next, sql: 'CREATE TABLE extra (a)' }])
  expect(connection.sql.pragma('user_version', { simple: true })).toBe(schemaVersion + 1)
  connection.sql.prepare('ATTACH ? AS backup').run(join(parts.backups, `before-${String(schemaVersion + 1).padStart(3, '0')}-next.db`))
  expect(connection.sql.pragma('backup.user_version', { simple: true })).toBe(schemaVersion)
  project.close()
})

test('a damaged database is refused with the name of the backup', () => {
  const path = join(folder, 'p')
  const project = createProject(path)
  const { database, backups } = project.folder
  project.close()
  writeFileSync(join(backups, 'before-002-x.db'), 'copy')
  const file = openSync(database, 'r+')
  writeSync(file, Buffer.alloc(100, 7), 0, 100, 0)
  expect(() => openProject(path)).toThrow(
    expect.objectContaining({ code: 'PROJECT_DAMAGED', advice: expect.stringContaining('before-002-x.db') }),
  )
})

test('an existing folder, a missing project and a file in the way each have their error', () => {
  mkdirSync(join(folder, 'taken.spicerack'))
  writeFileSync(join(folder, 'file'), '')
  expect(() => createProject(join(folder, 'taken'))).toThrow(code('PROJECT_EXISTS'))
  expect(() => openProject(join(folder, 'none'))).toThrow(code('NOT_FOUND'))
  expect(() => createProject(join(folder, 'file', 'p'))).toThrow(code('FOLDER_READ_ONLY'))
})

test('what was abandoned here and cannot be removed does not keep a project from being made', () => {
  const stuck = join(folder, '.spicerack-unfinished-stuck')
  const free = join(folder, '.spicerack-unfinished-free')
  // A folder in the place of the lock: it cannot be locked, so it cannot be removed.
  mkdirSync(join(stuck, 'project.lock'), { recursive: true })
  mkdirSync(free)
  const project = createProject(join(folder, 'p'))
  expect(project.describe().name).toBe('p')
  project.close()
  expect(readdirSync(folder).sort()).toEqual(['.spicerack-unfinished-stuck', 'p.spicerack'])
})

/** Runs `work` on a disk of its own, or skips where mounting is not permitted. */
function onSmallDisk(sizeMegabytes: number, skip: (why: string) => void, work: (disk: SmallDisk) => void): void {
  const disk = mountSmallDisk(join(folder, 'disk'), sizeMegabytes)
  if (!disk) {
    skip('mounting is not permitted here')
    return
  }
  try {
    work(disk)
  } finally {
    disk.unmount()
  }
}

test('a full disk refuses the edit and keeps everything before it', ({ skip }) => {
  onSmallDisk(1, skip, ({ path }) => {
    const project = createProject(join(path, 'p'))
    let made = 0
    const fill = () => {
      for (; made < 100_000; made++) project.edits.apply({ kind: 'createClass', name: `${made} ${'x'.repeat(5000)}` })
    }
    expect(fill).toThrow(code('DISK_FULL'))
    expect(made).toBeGreaterThan(0)
    expect(project.classes.list()).toHaveLength(made)
    expect(project.edits.list(100_000)).toHaveLength(made)
    project.close()
    expect(() => createProject(join(path, 'q'))).toThrow(code('DISK_FULL'))
    expect(readdirSync(path)).toEqual(['p.spicerack'])
  })
})

test('a read-only file system is refused when a project is made or opened there', ({ skip }) => {
  onSmallDisk(4, skip, ({ path, makeReadOnly }) => {
    createProject(join(path, 'p')).close()
    makeReadOnly()
    expect(() => openProject(join(path, 'p'))).toThrow(code('FOLDER_READ_ONLY'))
    expect(() => createProject(join(path, 'q'))).toThrow(code('FOLDER_READ_ONLY'))
  })
})
