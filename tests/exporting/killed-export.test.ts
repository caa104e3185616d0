import { spawnSync } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { exportDataset } from '#engine/exporting/export-dataset.ts'
import { makeFolder, makeImage, makeOptions } from './dataset-fixture.ts'

it.each([0, 7, 20])('an export killed at image %d leaves nothing at the target, and the next one clears up', async (killAt) => {
  const base = await makeFolder()
  const rows = await Promise.all(Array.from({ length: 20 }, (_, index) => makeImage(join(base, 'images'), `${index}.png`, index)))
  const options = makeOptions({ out: join(base, 'dataset') })
  const child = spawnSync(process.execPath, [join(import.meta.dirname, 'killed-export.ts'), JSON.stringify({ rows, options, killAt })])
  expect(child.signal).toBe('SIGKILL')
  const left = (await readdir(base)).filter((name) => name !== 'images')
  expect(left).toEqual([expect.stringMatching(/^\.spicerack-partial-/)])
  expect((await exportDataset(rows, options)).count).toBe(20)
  expect((await readdir(base)).sort()).toEqual(['dataset', 'images'])
})
