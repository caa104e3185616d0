import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { storedSize } from '#engine/files/stored-size.ts'

test('the size of a folder is that of the files in it, whatever links point at', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spicerack-size-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'a', 'b'), { recursive: true })
  await writeFile(join(folder, 'one'), new Uint8Array(1000))
  await writeFile(join(folder, 'a', 'b', 'two'), new Uint8Array(234))
  await symlink(tmpdir(), join(folder, 'elsewhere'))
  expect(await storedSize(folder)).toBe(1234)
  expect(await storedSize(join(folder, 'one'))).toBe(1000)
  expect(await storedSize(join(folder, 'nothing'))).toBe(0)
})
