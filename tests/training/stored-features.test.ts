import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { createRandom } from '#engine/ml/random.ts'
import { memoryFiles } from '#engine/training/memory-files.ts'
import { runFiles } from '#engine/training/run-context.ts'
import { loadEmbedding, openFeatures } from '#engine/training/stages/embed.ts'

const [count, dimension] = [5, 3]

it('features are the stored embedding at the length it had, any rows of it', () => {
  const random = createRandom(1)
  const unit = Float32Array.from({ length: count * dimension }, () => random.normal())
  const norms = Float32Array.from({ length: count }, () => 1 + random.uniform())
  const files = memoryFiles()
  expect(() => openFeatures(files)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  files.write(runFiles.embedding, new Uint8Array(unit.buffer))
  expect(() => loadEmbedding(files)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  files.write(runFiles.featureNorms, new Uint8Array(norms.buffer))
  expect(loadEmbedding(files)).toEqual({ values: unit, count, dimension })
  const features = openFeatures(files)
  const expected = unit.map((value, place) => value * norms[Math.floor(place / dimension)]!)
  expect({ ...features, make: features.make(1, 4) }).toEqual({ count, dimension, make: expected.subarray(dimension, 4 * dimension) })
  expect(features.make(0, count)).toEqual(expected)
})

it('of many images, whitening holds the stored features of no two encoders at once', async () => {
  const child = join(import.meta.dirname, 'stored-features.ts')
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-deprecation', child, '30000'])
  // An embedding takes 3,072 bytes an image. The larger part of it is held three times (read, as a tensor, centred), 5,376 bytes, and some
  // thousand more are blocks that were read; where the whole is read and scaled before, it is 17,600 together.
  expect(Number(stdout.trim().split('\n').at(-1))).toBeLessThan(4 * 3072)
})
