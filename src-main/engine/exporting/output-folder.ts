import { createHash, randomBytes } from 'node:crypto'
import { lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'

const active = new Set<string>()

/**
 * Lets `write` fill a hidden temporary folder beside `out`, then renames it to `out`. When anything
 * throws, the folder and every parent made for it are removed. What a killed export to the same place
 * left behind is removed first.
 * @throws OUTPUT_EXISTS when `out` exists, before or after; whatever `write` throws.
 */
export async function createOutputFolder<Result>(out: string, write: (folder: string) => Promise<Result>): Promise<Result> {
  const target = resolve(out)
  const parent = dirname(target)
  if (await exists(target)) throw outputExists(target)
  const firstCreated = await mkdir(parent, { recursive: true })
  const prefix = `.spicerack-partial-${createHash('sha256').update(basename(target)).digest('hex').slice(0, 12)}-`
  const folder = join(parent, `${prefix}${process.pid}-${randomBytes(4).toString('hex')}`)
  active.add(folder)
  try {
    await removeStale(parent, prefix)
    await mkdir(folder)
    const result = await write(folder)
    if (await exists(target)) throw outputExists(target)
    await rename(folder, target)
    await syncFolder(parent)
    return result
  } catch (error) {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    await removeEmptyParents(parent, firstCreated)
    const code = (error as { code?: unknown } | null)?.code
    throw code === 'ENOTEMPTY' || code === 'EEXIST' ? outputExists(target) : error
  } finally {
    active.delete(folder)
  }
}

function outputExists(target: string): SpicerackError {
  return new SpicerackError('OUTPUT_EXISTS', say('outputExists', { path: target }), {
    advice: say('otherNameOrRemove'),
  })
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
}

async function removeStale(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue
    const pid = Number(name.slice(prefix.length).split('-')[0])
    const isInUse = pid === process.pid ? active.has(join(parent, name)) : isRunning(pid)
    if (!isInUse) await rm(join(parent, name), { recursive: true, force: true, maxRetries: 3 })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function removeEmptyParents(parent: string, firstCreated: string | undefined): Promise<void> {
  if (firstCreated === undefined) return
  for (let folder = parent; folder.length >= firstCreated.length; folder = dirname(folder)) {
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    )
    if (!removed) return
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}
