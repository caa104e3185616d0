import { cp, mkdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { createRandom } from '#engine/ml/random.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'
import { spawnTinyWork } from './spawn-tiny-work.ts'

/** More than two of the batches in which an import is kept. */
const imageCount = 700

it('an import of several batches gives the same bytes however often it is killed', async () => {
  const [whole, killed] = await Promise.all([makeTemporaryFolder(), makeTemporaryFolder()])
  try {
    const random = createRandom(5)
    const images = join(whole.path, 'images')
    await mkdir(images)
    for (let index = 0; index < imageCount; index++) {
      const background = { r: random.integer(256), g: random.integer(256), b: random.integer(256) }
      const file = join(images, `${String(index).padStart(4, '0')}.png`)
      await sharp({ create: { width: 200, height: 160, channels: 3, background } })
        .png({ compressionLevel: 1 })
        .toFile(file)
      await utimes(file, 1_700_000_000, 1_700_000_000)
    }
    await cp(images, join(killed.path, 'images'), { recursive: true, preserveTimestamps: true })
    const { outcome, stderr } = await spawnTinyWork({ folder: whole.path, isImportOnly: true })
    expect([outcome?.count, stderr]).toEqual([String(imageCount), ''])
    for (let kill = 0; kill < 4; kill++) {
      const afterMs = 200 + random.uniform() * 1200
      const ended = await spawnTinyWork({ folder: killed.path, isImportOnly: true, kill: { in: 'import', afterMs } })
      expect(ended.signal).toBe('SIGKILL')
    }
    const last = await spawnTinyWork({ folder: killed.path, isImportOnly: true })
    expect([last.code, last.outcome]).toEqual([0, outcome])
  } finally {
    await whole.remove()
    await killed.remove()
  }
})
