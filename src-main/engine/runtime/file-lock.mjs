// Plain JavaScript, because the bootstrap takes the same lock before there is anything that runs TypeScript.
import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const heartbeatMs = 5_000
/** A holder on another machine (shared home folder) counts as dead after this long without a heartbeat. */
const silentMs = 60_000

export async function withFileLock(path, work, { onWait, signal, retryMs = 200 } = {}) {
  const token = randomUUID()
  mkdirSync(dirname(path), { recursive: true })
  let isAnnounced = false
  while (!tryTake(path, token)) {
    signal?.throwIfAborted()
    const holder = readHolder(path)
    if (holder === undefined || isDead(path, holder)) {
      removeIfHeldBy(path, holder?.token)
      continue
    }
    if (!isAnnounced) onWait?.(holder.processId)
    isAnnounced = true
    await sleep(retryMs, undefined, { signal })
  }
  const heartbeat = setInterval(() => beat(path), heartbeatMs)
  heartbeat.unref()
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    removeIfHeldBy(path, token)
  }
}

/** The lock appears with its content in one go (a hard link of a finished file), so nobody ever reads half of it. */
function tryTake(path, token) {
  const draft = `${path}.${token}`
  writeFileSync(draft, JSON.stringify({ token, processId: process.pid, host: hostname() }))
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function readHolder(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function isDead(path, holder) {
  if (holder.host !== hostname()) {
    try {
      return Date.now() - statSync(path).mtimeMs > silentMs
    } catch {
      return true
    }
  }
  try {
    process.kill(holder.processId, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

/** Moves the lock aside before looking who held it, so that of two that take over only one does; a wrong catch is put back. */
function removeIfHeldBy(path, token) {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  const caught = readHolder(aside)
  if (caught !== undefined && caught.token !== token) {
    try {
      linkSync(aside, path)
    } catch {}
  }
  rmSync(aside, { force: true })
}

function beat(path) {
  try {
    const now = new Date()
    utimesSync(path, now, now)
  } catch {}
}
