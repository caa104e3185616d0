import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A file system of its own, so small that it can be filled. */
export type SmallDisk = Readonly<{
  path: string
  /** Fills it but for so many bytes. */
  fill(leftBytes: number): void
  /** Takes the filling away. */
  free(): void
  makeReadOnly(): void
  makeWritable(): void
  unmount(): void
}>

/** Mounts one at `path`, which must not exist; undefined where mounting is not permitted. */
export function mountSmallDisk(path: string, sizeMegabytes: number): SmallDisk | undefined {
  mkdirSync(path)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMegabytes}m`, 'tmpfs', path]).status !== 0) return undefined
  const filling = join(path, 'filling')
  const remount = (options: string): void => {
    const { status, stderr } = spawnSync('mount', ['-o', `remount,${options}`, path], { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
  }
  return {
    path,
    fill(leftBytes) {
      rmSync(filling, { force: true })
      const { bavail, bsize } = statfsSync(path)
      const file = openSync(filling, 'w')
      const block = new Uint8Array(bsize)
      for (let blocks = Math.floor((bavail * bsize - leftBytes) / bsize); blocks > 0; blocks--) writeSync(file, block)
      closeSync(file)
    },
    free: () => rmSync(filling, { force: true }),
    makeReadOnly: () => remount('ro'),
    makeWritable: () => remount('rw'),
    unmount: () => void spawnSync('umount', ['-l', path]),
  }
}
