import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { type DecodeResult, decodeImage } from '#engine/images/decode-image.ts'
import { createImagePool, type ImagePoolOptions } from '#engine/images/image-pool.ts'
import { openPixelPackWriter } from '#engine/images/pixel-pack.ts'
import { openThumbnailStore, type ThumbnailPlace } from '#engine/images/thumbnail-store.ts'
import { sampleImage } from './sample-images.ts'
import { temporaryFolder } from './temporary-folder.ts'

const options = { size: 32, fit: 'cover' } as const
let folder: string

beforeEach(() => {
  folder = temporaryFolder()
})

function openPool(poolOptions: ImagePoolOptions = {}) {
  const pool = createImagePool({ workerCount: 2, ...poolOptions })
  onTestFinished(() => pool.close())
  return pool
}

/** Pictures of very different sizes, so that they finish in another order than they start. */
async function writePictures(count: number): Promise<{ path: string }[]> {
  const sizes = [900, 20, 300, 10]
  const originals = await Promise.all(sizes.map((size) => sampleImage(size, size).png().toBuffer()))
  for (const [index, bytes] of originals.entries()) writeFileSync(join(folder, `original-${index}`), bytes)
  return Array.from({ length: count }, (_, index) => {
    const path = join(folder, `${index}.png`)
    copyFileSync(join(folder, `original-${index % 4}`), path)
    return { path }
  })
}

test('results arrive in the order of the files and equal those of one decode', async () => {
  const files = await writePictures(23)
  const results: DecodeResult[] = []
  const outcome = await openPool().decodeAll(files, options, {
    onResult(file, result, index) {
      expect(file).toBe(files[index])
      results.push(result)
    },
  })
  expect(outcome).toEqual({ deliveredCount: 23, cancelled: false })
  for (const [index, { path }] of files.entries()) {
    const alone = await decodeImage(path, options)
    expect({ ...results[index], pixels: 0, thumbnail: 0 }).toEqual({ ...alone, pixels: 0, thumbnail: 0 })
    if (alone.kind === 'image') {
      const result = results[index] as typeof alone
      expect(Buffer.compare(result.pixels, alone.pixels) || Buffer.compare(result.thumbnail, alone.thumbnail)).toBe(0)
    }
  }
})

test('a slow receiver holds the reading back', async () => {
  const files = await writePictures(40)
  let asked = 0
  let delivered = 0
  let greatestLead = 0
  function* counted() {
    for (const file of files) {
      asked++
      greatestLead = Math.max(greatestLead, asked - delivered)
      yield file
    }
  }
  await openPool().decodeAll(counted(), options, {
    async onResult() {
      await new Promise((resolve) => setImmediate(resolve))
      delivered++
    },
  })
  expect(delivered).toBe(40)
  expect(greatestLead).toBeLessThanOrEqual(4 * 2 + 1)
})

test('a process that ends on a file, also by a crash of native code, costs that file only', async () => {
  const files = await writePictures(8)
  for (const name of ['exits', 'throws', 'crashes']) {
    const path = join(folder, `${name}.png`)
    copyFileSync(files[1]!.path, path)
    files.splice(3, 0, { path })
  }
  const codes: string[] = []
  const messages: string[] = []
  const outcome = await openPool({ workerUrl: new URL('./dying-worker.ts', import.meta.url) }).decodeAll(files, options, {
    onResult: (_, result) => {
      codes.push(result.kind === 'problem' ? result.code : 'image')
      messages.push(result.kind === 'problem' ? result.message : '')
    },
  })
  expect(outcome.deliveredCount).toBe(11)
  const died = Array(3).fill('decoder-died')
  expect(codes).toEqual(['image', 'image', 'image', ...died, ...Array(5).fill('image')])
  expect(messages[3]).toContain('SIGSEGV')
  expect(messages[4]).toContain('a defect in the decoder')
  expect(messages[5]).toContain('exit 3')
})

test('an error of the receiver ends the run, and the pool can be used again', async () => {
  const files = await writePictures(12)
  const pool = openPool()
  const failing = pool.decodeAll(files, options, {
    onResult(_, __, index) {
      if (index === 3) throw new Error('the disk is full')
    },
  })
  await expect(failing).rejects.toThrow('the disk is full')
  expect(await pool.decodeAll(files, options, { onResult: () => undefined })).toEqual({ deliveredCount: 12, cancelled: false })
})

test('cancelled, killed between pack and commit, resumed: the same bytes as without interruption', async () => {
  const files = await writePictures(20)
  writeFileSync(files[5]!.path, 'not an image')
  const pool = openPool()

  /** What the jobs layer does: `committed` stands for the database. */
  type Committed = { next: number; rows: number; thumbnails: ThumbnailPlace[] }
  async function ingest(name: string, committed: Committed, stopAfter: number): Promise<void> {
    const controller = new AbortController()
    const last = committed.thumbnails.at(-1)
    const pack = openPixelPackWriter({ path: join(folder, `${name}.u8`), size: 32, count: committed.rows })
    const thumbnails = openThumbnailStore(join(folder, `${name}.pack`), last ? last.offset + last.length : 0)
    const pending: ThumbnailPlace[] = []
    let done = 0
    await pool.decodeAll(files.slice(committed.next), options, {
      signal: controller.signal,
      onResult(_, result) {
        if (result.kind === 'image') {
          pack.append(result.pixels)
          pending.push(thumbnails.append(result.thumbnail))
        }
        done++
        if (done % 4 === 0 || done === files.length - committed.next) {
          pack.flush()
          thumbnails.flush()
          Object.assign(committed, {
            next: committed.next + done,
            rows: pack.count,
            thumbnails: [...committed.thumbnails, ...pending.splice(0)],
          })
          done = 0
        }
        if (--stopAfter === 0) controller.abort()
      },
    })
    pack.close()
    thumbnails.close()
  }

  const whole: Committed = { next: 0, rows: 0, thumbnails: [] }
  await ingest('whole', whole, -1)
  const parts: Committed = { next: 0, rows: 0, thumbnails: [] }
  for (const stopAfter of [6, 1, 9, -1]) await ingest('parts', parts, stopAfter)
  expect(parts).toEqual(whole)
  expect(whole).toMatchObject({ next: 20, rows: 19 })
  for (const ending of ['u8', 'pack'])
    expect(readFileSync(join(folder, `parts.${ending}`)).equals(readFileSync(join(folder, `whole.${ending}`)))).toBe(true)
})
