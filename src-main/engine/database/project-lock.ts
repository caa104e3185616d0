import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { toDatabaseError } from './connection.ts'

export type LockHolder = Readonly<{ pid: number; host: string; since: number }>

export type ProjectLock = Readonly<{
  /** The one before us ended without closing the project (killed, power cut). */
  endedUncleanly: boolean
  release: () => void
}>

/**
 * Holds a project for this process: a write lock of the operating system on `project.lock`, with the holder's name beside it.
 *
 * The system frees the lock when its process ends however it ends, so a lock is never stale: who comes next takes it over.
 *
 * @throws PROJECT_LOCKED with pid and host of the holder.
 */
export function lockProject(projectPath: string): ProjectLock {
  const holderFile = join(projectPath, 'project.holder.json')
  let lock: BetterSqlite3.Database | undefined
  try {
    lock = new BetterSqlite3(join(projectPath, 'project.lock'), { timeout: 0 })
    lock.pragma('locking_mode = EXCLUSIVE')
    lock.exec('BEGIN EXCLUSIVE')
    const held = lock
    const endedUncleanly = readHolder(holderFile) !== undefined
    const holder: LockHolder = { pid: process.pid, host: hostname(), since: Date.now() }
    writeFileSync(holderFile, `${JSON.stringify(holder)}\n`)
    return {
      endedUncleanly,
      release: () => {
        rmSync(holderFile, { force: true })
        held.close()
      },
    }
  } catch (error) {
    lock?.close()
    if ((error as { code?: unknown }).code === 'SQLITE_BUSY') throw lockedBy(readHolder(holderFile))
    throw toDatabaseError(error)
  }
}

function lockedBy(holder: LockHolder | undefined): SpicerackError {
  const who = holder ? `process ${holder.pid} on ${holder.host}, since ${new Date(holder.since).toISOString()}` : 'another process'
  return new SpicerackError('PROJECT_LOCKED', say('projectLocked', { who }), {
    advice: say('closeThere'),
  })
}

function readHolder(file: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LockHolder
  } catch {
    return undefined
  }
}
