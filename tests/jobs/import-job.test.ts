import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openProject } from '#engine/database/project.ts'
import { createEngine, type Engine } from '#engine/engine.ts'
import { createImagePool } from '#engine/images/image-pool.ts'
import { createImportRunner } from '#engine/jobs/import-job.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import { makeTemporaryFolder, makeTinyImages, untilAtRest } from '../tiny-project.ts'

const imageCount = 10
const rowBytes = 32 * 32 * 3

describe('the job of an import', () => {
  let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
  let engine: Engine
  let client: EngineClient
  const bugs: unknown[] = []
  const inImages = (...parts: string[]): string => join(folder.path, 'images', ...parts)
  const inProject = (...parts: string[]): string => join(folder.path, 'tiny.spicerack', ...parts)

  const importFolder = async (path = inImages()) => untilAtRest(client, (await client.images.import({ folder: path, size: 32 })).id)
  const completed = { state: { kind: 'completed' } }

  /** Every image by its path, with the bytes of its thumbnail. */
  const readImages = async () => {
    const { images } = await client.images.list({ limit: 1000, sort: 'path' })
    const tiles = await client.images.tiles({ imageIds: images.map(({ id }) => id) })
    return Promise.all(
      tiles.map(async ({ id, path, status, thumbnailUrl }) => {
        const response = thumbnailUrl === null ? undefined : await engine.handle(new Request(new URL(thumbnailUrl, 'http://engine')))
        return { id, path, status, thumbnail: response?.ok ? Buffer.from(await response.arrayBuffer()) : null }
      }),
    )
  }

  /** The decoded pixels of every image, by its path. */
  const readPixels = (): Buffer[] => {
    const pack = readFileSync(inProject('pixels', '32.u8'))
    const database = new BetterSqlite3(inProject('project.db'), { readonly: true })
    const rows = database.prepare<[], number>('SELECT pixel_row FROM images ORDER BY path').pluck().all()
    database.close()
    return rows.map((row) => pack.subarray(row * rowBytes, (row + 1) * rowBytes))
  }

  beforeEach(async () => {
    folder = await makeTemporaryFolder()
    await makeTinyImages(inImages(), imageCount)
    engine = createEngine({ reportBug: (error) => bugs.push(error) })
    client = createEngineClient((sent) => engine.handle(sent))
    await client.project.create({ path: join(folder.path, 'tiny') })
  })
  afterEach(async () => {
    await engine.close()
    await folder.remove()
    expect(bugs.splice(0)).toEqual([])
  })

  it('reads again what could not be read before, although size and time of the file are the same', async () => {
    const image = inImages('limes', 'limes-02.png')
    const bytes = readFileSync(image)
    const changeTo = (content: Buffer): void => {
      writeFileSync(image, content)
      utimesSync(image, 1_700_000_000, 1_700_000_000)
    }
    changeTo(Buffer.alloc(bytes.length, 7))
    expect(await importFolder()).toMatchObject(completed)
    expect(await client.images.problems()).toMatchObject([{ path: 'limes/limes-02.png', status: 'unreadable' }])
    const before = await readImages()
    changeTo(bytes)
    expect(await importFolder()).toMatchObject(completed)
    expect(await client.images.problems()).toEqual([])
    const after = await readImages()
    expect(after.map(({ id, path, status }) => ({ id, path, status }))).toEqual(before.map(({ id, path }) => ({ id, path, status: 'ok' })))
    expect(after.filter(({ thumbnail }) => thumbnail === null)).toEqual([])
  })

  it('makes lost and short packed files anew, of known and of new images, under the same ids', async () => {
    await importFolder()
    const pack = inProject('pixels', '32.u8')
    const thumbnails = inProject('thumbnails.pack')
    const [before, pixelsBefore] = [await readImages(), readPixels()]
    const thumbnailBytes = statSync(thumbnails).size
    const losses = {
      'all pixels': () => rmSync(pack),
      'half a row': () => truncateSync(pack, (imageCount - 1) * rowBytes + 10),
      'some pixels': () => truncateSync(pack, 4 * rowBytes),
      'all thumbnails': () => rmSync(thumbnails),
      'part of a thumbnail': () => truncateSync(thumbnails, thumbnailBytes - 10),
      everything: () => [pack, thumbnails, inProject('pixels', 'settings.json')].map((path) => rmSync(path)),
    }
    for (const [loss, lose] of Object.entries(losses)) {
      await client.project.close()
      lose()
      await client.project.open({ path: inProject() })
      expect(await importFolder(), loss).toMatchObject(completed)
      expect(await readImages(), loss).toEqual(before)
      expect(readPixels(), loss).toEqual(pixelsBefore)
    }
    await client.project.close()
    truncateSync(pack, 0)
    await makeTinyImages(inImages(), imageCount + 2)
    await client.project.open({ path: inProject() })
    expect(await importFolder()).toMatchObject(completed)
    expect((await client.project.get()).images).toMatchObject({ ok: imageCount + 2, total: imageCount + 2 })
    expect(statSync(pack).size).toBe((imageCount + 2) * rowBytes)
  })

  it('tells how many files it compares, and stops between two of them', async () => {
    await importFolder()
    const before = await readImages()
    for (const { path } of before) utimesSync(inImages(path), 1_600_000_000, 1_600_000_000)
    const stop = new AbortController()
    const seen: unknown[] = []
    const job = { ...(await client.jobs.list())[0]!, payload: { folder: inImages(), fit: 'squash' } }
    await client.project.close()
    const project = openProject(inProject())
    const pool = createImagePool({ workerCount: 1 })
    try {
      const ended = createImportRunner(
        project,
        pool,
      )({
        job,
        signal: stop.signal,
        report: ({ done, total, phase }) => {
          if (phase !== 'compare') return
          seen.push([done, total])
          if (done === 3) stop.abort()
        },
        log: () => undefined,
      })
      await expect(ended).rejects.toMatchObject({ code: 'CANCELLED' })
    } finally {
      project.close()
      await pool.close()
    }
    expect(seen).toEqual([0, 1, 2, 3].map((done) => [done, imageCount]))
    await client.project.open({ path: inProject() })
    expect(await readImages()).toEqual(before)
  })

  it('goes on with the images of a folder that was moved, although some were edited, removed and added since', async () => {
    await importFolder()
    const before = await readImages()
    const { classId } = await client.classes.create({ name: 'apple' })
    await client.labels.set({ imageIds: [before[0]!.id], classId })
    const moved = join(folder.path, 'another disk', 'pictures')
    mkdirSync(join(folder.path, 'another disk'))
    renameSync(inImages(), moved)
    rmSync(join(moved, before[9]!.path))
    copyFileSync(join(moved, before[8]!.path), join(moved, 'new.png'))
    // As a copy has it: another time.
    utimesSync(join(moved, before[0]!.path), 1_600_000_000, 1_600_000_000)
    const job = await importFolder(moved)
    expect(job).toMatchObject({ ...completed, progress: { movedFrom: inImages() } })
    expect((await client.project.get()).roots).toMatchObject([{ path: moved }])
    const after = await readImages()
    expect(after.filter(({ path }) => path !== 'new.png')).toEqual(
      before.map((image, index) => (index === 9 ? { ...image, status: 'missing' } : image)),
    )
    expect(after).toHaveLength(imageCount + 1)
    expect((await client.images.get({ imageId: before[0]!.id })).labelSource).toBe('human')
    expect((await importFolder(moved)).progress.movedFrom).toBeUndefined()
  })

  it('adds a folder of its own where the known one is still there, or the contents are others', async () => {
    await importFolder()
    const copy = join(folder.path, 'copy')
    cpSync(inImages(), copy, { recursive: true, preserveTimestamps: true })
    await importFolder(copy)
    const others = join(folder.path, 'others')
    renameSync(copy, others)
    for (const path of new Set((await readImages()).map((image) => image.path))) {
      // Same place, size and time, another content.
      const bytes = readFileSync(join(others, path))
      bytes[bytes.length - 1]! ^= 1
      const { mtimeMs } = statSync(join(others, path))
      writeFileSync(join(others, path), bytes)
      utimesSync(join(others, path), mtimeMs / 1000, mtimeMs / 1000)
    }
    expect((await importFolder(others)).progress.movedFrom).toBeUndefined()
    const { roots } = await client.project.get()
    expect(roots.map(({ path }) => path)).toEqual([inImages(), copy, others])
  })
})
