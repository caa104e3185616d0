import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { crc32c } from '#engine/exporting/crc32c.ts'
import { exportDataset } from '#engine/exporting/export-dataset.ts'
import { planExport } from '#engine/exporting/export-plan.ts'
import type { ExportRow } from '#engine/exporting/export-row.ts'
import { exportFormats, fileFormats } from '#shared/export-formats.ts'
import { hashTree, makeFolder, makeImage, makeOptions } from './dataset-fixture.ts'

async function makeRows(base: string, count = 12): Promise<ExportRow[]> {
  const rows: ExportRow[] = []
  for (let index = 0; index < count; index++)
    rows.push(await makeImage(base, `images/${index}.png`, index * 7, { className: index % 2 ? '猫' : 'a/b' }))
  return rows
}

const embeddings = (count: number) => ({ dim: 3, values: new Float32Array(count * 3) })

describe.each(exportFormats)('%s', (format) => {
  it('has every file in its manifest, and the same bytes whatever the order of the rows', async () => {
    const base = await makeFolder()
    const rows = await makeRows(base)
    const trees = []
    for (const [index, order] of [rows, rows.toReversed()].entries()) {
      const out = join(base, `${index}`, 'dataset')
      await exportDataset(order, makeOptions({ out, format, split: { train: 0.5, val: 0.25, test: 0.25 } }), { embeddings: embeddings(12) })
      trees.push(await hashTree(out))
    }
    expect(trees[1]).toEqual(trees[0])
    const { 'manifest.json': _, ...files } = trees[0]!
    const manifest = JSON.parse(await readFile(join(base, '0', 'dataset', 'manifest.json'), 'utf8'))
    expect(Object.fromEntries(manifest.files.map((file: { path: string; sha256: string }) => [file.path, file.sha256]))).toEqual(files)
  })

  it('takes about as many bytes as its plan says', async () => {
    const base = await makeFolder()
    const rows = (await makeRows(base, 60)).map((row) => ({ ...row, relativePath: `somewhere/else/${row.relativePath}` }))
    const out = join(base, 'dataset')
    const options = makeOptions({ out, format })
    const plan = planExport(rows, options, { embeddingBytes: 12 })
    await exportDataset(rows, options, { embeddings: embeddings(60) })
    let written = 0
    for (const entry of await readdir(out, { recursive: true, withFileTypes: true }))
      if (entry.isFile() && entry.name !== 'README.md') written += (await stat(join(entry.parentPath, entry.name))).size
    // The recipe and the counts of the manifest are beside the rows.
    expect(Math.abs(written - plan.writtenBytes)).toBeLessThan(0.1 * written + 2600)
  })

  it.each([0, 1, 7, 12])('leaves nothing when cancelled after %d images', async (count) => {
    const base = await makeFolder()
    const rows = await makeRows(base)
    const control = new AbortController()
    if (count === 0) control.abort()
    const out = join(base, 'made for it', 'dataset')
    const export_ = exportDataset(rows, makeOptions({ out, format }), {
      signal: control.signal,
      embeddings: embeddings(12),
      onProgress: ({ done }) => done >= count && control.abort(),
    })
    await expect(export_).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await readdir(base)).toEqual(['images'])
  })
})

describe.each([...fileFormats, 'tfrecord'] as const)('%s', (format) => {
  it('leaves out missing and changed files, and says so', async () => {
    const base = await makeFolder()
    const rows = await makeRows(base)
    await rm(rows[0]!.absolutePath)
    await writeFile(rows[1]!.absolutePath, 'something else')
    const receipt = await exportDataset(rows, makeOptions({ out: join(base, 'dataset'), format }))
    expect(receipt).toMatchObject({ count: 10, problemCounts: { missing: 1, changed: 1, unreadable: 0 } })
  })
})

it('CRC-32C is that of RFC 3720, and of the definition bit by bit', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e)
  const bytes = Uint8Array.from({ length: 1000 }, (_, index) => (index * index) % 251)
  let value = 0xffffffff
  for (const byte of bytes) for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ ((value ^ (byte >>> bit)) & 1 ? 0x82f63b78 : 0)
  expect(crc32c(bytes)).toBe((value ^ 0xffffffff) >>> 0)
})
