import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate, schemaVersion } from '#engine/database/migrate.ts'
import { createProject, openProject } from '#engine/database/project.ts'
import type { JobId } from '#shared/entities.ts'

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

/** Runs `work` on a file system of its own, or skips where mounting is not permitted. */
function onTmpfs(options: string, skip: (why: string) => void, work: (mount: string, remount: (options: string) => void) => void): void {
  const mount = join(folder, 'mount')
  mkdirSync(mount)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', mount]).status !== 0) {
    skip('mounting is not permitted here')
    return
  }
  try {
    work(mount, (changed) => expect(spawnSync('mount', ['-o', `remount,${changed}`, mount]).status).toBe(0))
  } finally {
    spawnSync('umount', ['-l', mount])
  }
}

test('a full disk refuses the edit and keeps everything before it', ({ skip }) => {
  onTmpfs('size=1m', skip, (mount) => {
    const project = createProject(join(mount, 'p'))
    let made = 0
    const fill = () => {
      for (; made < 100_000; made++) project.edits.apply({ kind: 'createClass', name: `${made} ${'x'.repeat(5000)}` })
    }
    expect(fill).toThrow(code('DISK_FULL'))
    expect(made).toBeGreaterThan(0)
    expect(project.classes.list()).toHaveLength(made)
    expect(project.edits.list(100_000)).toHaveLength(made)
    project.close()
    expect(() => createProject(join(mount, 'q'))).toThrow(code('DISK_FULL'))
  })
})

test('a read-only file system is refused when a project is made or opened there', ({ skip }) => {
  onTmpfs('size=4m', skip, (mount, remount) => {
    createProject(join(mount, 'p')).close()
    remount('ro')
    expect(() => openProject(join(mount, 'p'))).toThrow(code('FOLDER_READ_ONLY'))
    expect(() => createProject(join(mount, 'q'))).toThrow(code('FOLDER_READ_ONLY'))
  })
})
