import { lstat, mkdir, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'
import { exportDataset } from '#engine/exporting/export-dataset.ts'
import type { ExportRow } from '#engine/exporting/export-row.ts'
import { hashTree, makeFolder, makeImage, makeOptions } from './dataset-fixture.ts'

async function makeImages(folder: string): Promise<ExportRow[]> {
  return [
    await makeImage(folder, 'a/one.png', 1, { className: '猫', confidence: 0.25 }),
    await makeImage(folder, 'b/one.png', 2, { className: '猫' }),
    await makeImage(folder, 'b/ONE.png', 3, { className: '猫', reliable: false }),
    await makeImage(folder, 'say "hi",\nthen go.png', 4, { className: 'a/b: CON?' }),
    await makeImage(folder, 'none.png', 5, { className: null, clusterName: 'cluster 2', labelSource: null }),
  ]
}

async function makeCase(): Promise<{ rows: ExportRow[]; out: string; base: string }> {
  const base = await makeFolder()
  return { rows: await makeImages(join(base, 'images')), out: join(base, 'made', 'for it', 'dataset'), base }
}

describe('an ImageFolder', () => {
  it('holds every image byte for byte under safe names, and a mapping back to the original ones', async () => {
    const { rows, out } = await makeCase()
    const receipt = await exportDataset(rows, makeOptions({ out, unlabelled: 'folder' }))
    const files = await hashTree(out)
    expect(Object.keys(files)).toEqual(
      [
        'README.md',
        'a_b_ CON_/say _hi_,_then go.png',
        'manifest.json',
        'mapping.csv',
        'unlabelled/none.png',
        '猫/ONE-2.png',
        '猫/one-3.png',
        '猫/one.png',
      ].sort(),
    )
    const mapping = Papa.parse<Record<string, string>>(await readFile(join(out, 'mapping.csv'), 'utf8'), {
      header: true,
      skipEmptyLines: true,
    })
    const hashes = Object.fromEntries(rows.map((row) => [row.relativePath, row.contentHash]))
    expect(mapping.data).toHaveLength(5)
    for (const line of mapping.data) expect(files[line.dataset_path as string]).toBe(hashes[line.path as string])
    expect(mapping.data.find((line) => line.dataset_path?.includes('say'))).toMatchObject({
      path: 'say "hi",\nthen go.png',
      class: 'a/b: CON?',
    })
    expect(receipt).toMatchObject({
      count: 5,
      problems: [],
      classes: [
        { name: 'a/b: CON?', count: 1 },
        { name: '猫', count: 3 },
        { name: null, count: 1 },
      ],
    })
  })

  it('has a manifest with the hash of every other file, the recipe, the seeds and the sizes', async () => {
    const { rows, out } = await makeCase()
    const options = makeOptions({ out, split: { train: 0.5, val: 0.25, test: 0.25 }, seed: 3 })
    const receipt = await exportDataset(rows, options)
    const { 'manifest.json': _, ...files } = await hashTree(out)
    const manifest = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'))
    expect(Object.fromEntries(manifest.files.map((file: { path: string; sha256: string }) => [file.path, file.sha256]))).toEqual(files)
    expect(manifest).toMatchObject({
      provenance: options.provenance,
      options: { seed: 3, split: options.split },
      splits: receipt.splits,
      count: 4,
    })
  })

  it.each(['hardlink', 'symlink'] as const)('can %s instead of copying', async (transfer) => {
    const { rows, out } = await makeCase()
    await exportDataset(rows, makeOptions({ out, transfer }))
    const source = rows.find((row) => row.relativePath === 'b/ONE.png') as ExportRow
    const made = join(out, (await mappingOf(out))[source.relativePath] as string)
    if (transfer === 'hardlink') expect((await stat(made)).ino).toBe((await stat(source.absolutePath)).ino)
    else expect(await readlink(made)).toBe(source.absolutePath)
  })

  it('leaves out missing and changed files, and says so', async () => {
    const { rows, out } = await makeCase()
    await rm((rows[0] as ExportRow).absolutePath)
    await writeFile((rows[1] as ExportRow).absolutePath, 'something else')
    const receipt = await exportDataset(rows, makeOptions({ out }))
    expect(receipt).toMatchObject({
      count: 2,
      problems: [
        { relativePath: 'a/one.png', reason: 'missing' },
        { relativePath: 'b/one.png', reason: 'changed' },
      ],
      problemCounts: { missing: 1, changed: 1, unreadable: 0 },
    })
    const { 'manifest.json': _, ...files } = await hashTree(out)
    const manifest = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'))
    expect(manifest.files.map((file: { path: string }) => file.path).sort()).toEqual(Object.keys(files).sort())
    expect(manifest.problems).toHaveLength(2)
  })
})

describe('what is exported', () => {
  it('is chosen by confidence and reliability; labels by a person always pass', async () => {
    const { rows, out } = await makeCase()
    const byPerson = rows.map((row) => (row.relativePath === 'a/one.png' ? { ...row, labelSource: 'human' as const } : row))
    const receipt = await exportDataset(byPerson, makeOptions({ out, format: 'csv', minConfidence: 0.5, onlyReliable: true }))
    expect([receipt.count, receipt.excluded]).toEqual([3, { unlabelled: 1, unreliable: 1, lowConfidence: 0, unproven: 0 }])
    const later = await exportDataset(rows, makeOptions({ out: `${out}2`, format: 'csv', minConfidence: 0.5, onlyReliable: true }))
    expect([later.count, later.excluded]).toEqual([2, { unlabelled: 1, unreliable: 1, lowConfidence: 1, unproven: 0 }])
  })

  it('is the same, byte for byte, whatever the order of the rows', async () => {
    const { rows, base } = await makeCase()
    const trees = []
    for (const [index, order] of [rows, rows.toReversed()].entries()) {
      const out = join(base, `${index}`, 'dataset')
      await exportDataset(order, makeOptions({ out, split: { train: 0.6, val: 0.2, test: 0.2 } }))
      trees.push(await hashTree(out))
    }
    expect(trees[1]).toEqual(trees[0])
  })
})

describe('tables', () => {
  it('round-trip through CSV with quotes, commas, newlines and Chinese, with and without a byte-order mark', async () => {
    const { rows, out } = await makeCase()
    for (const bom of [true, false]) {
      await exportDataset(rows, makeOptions({ out: `${out}${bom}`, format: 'csv', unlabelled: 'folder', bom }))
      const text = await readFile(join(`${out}${bom}`, 'labels.csv'), 'utf8')
      expect(text.startsWith('\ufeff')).toBe(bom)
      const parsed = Papa.parse<Record<string, string>>(text.replace('\ufeff', ''), { header: true, skipEmptyLines: true })
      expect(parsed.errors).toEqual([])
      expect(Object.fromEntries(parsed.data.map((line) => [line.path, line.class]))).toEqual(
        Object.fromEntries(rows.map((row) => [row.relativePath, row.className ?? ''])),
      )
    }
  })

  it('can keep a spreadsheet from running a name as a formula', async () => {
    const { out } = await makeCase()
    const row = { ...(await makeImage(out, '=1+1.png', 9)), className: '@SUM(A1)' }
    await exportDataset([row], makeOptions({ out: `${out}-1`, format: 'csv', escapeFormulas: true }))
    await exportDataset([row], makeOptions({ out: `${out}-2`, format: 'csv' }))
    expect(await readFile(join(`${out}-1`, 'labels.csv'), 'utf8')).toContain(`"'=1+1.png","'@SUM(A1)",`)
    expect(await readFile(join(`${out}-2`, 'labels.csv'), 'utf8')).toContain('\r\n=1+1.png,@SUM(A1),')
  })

  it('round-trip through JSON lines with null kept', async () => {
    const { rows, out } = await makeCase()
    await exportDataset(rows, makeOptions({ out, format: 'jsonl', unlabelled: 'folder' }))
    const lines = (await readFile(join(out, 'labels.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(Object.fromEntries(lines.map((line) => [line.path, line.class]))).toEqual(
      Object.fromEntries(rows.map((row) => [row.relativePath, row.className])),
    )
  })
})

describe('all or nothing', () => {
  it('refuses an existing target and leaves it as it is', async () => {
    const { rows, out } = await makeCase()
    await mkdir(out, { recursive: true })
    await writeFile(join(out, 'mine.txt'), 'mine')
    await expect(exportDataset(rows, makeOptions({ out }))).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
    expect(await readdir(out)).toEqual(['mine.txt'])
    expect(await readdir(join(out, '..'))).toEqual(['dataset'])
  })

  it.each([0, 1, 2, 3, 4])('leaves nothing when cancelled after %d images', async (count) => {
    const { rows, out, base } = await makeCase()
    const control = new AbortController()
    if (count === 0) control.abort()
    const onProgress = ({ done }: { done: number }): void => (done >= count ? control.abort() : undefined)
    await expect(exportDataset(rows, makeOptions({ out }), { signal: control.signal, onProgress })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect(await readdir(base)).toEqual(['images'])
    expect((await exportDataset(rows, makeOptions({ out }))).count).toBe(4)
  })

  it('leaves nothing when no image passes or no file is left', async () => {
    const { rows, out, base } = await makeCase()
    await expect(exportDataset([], makeOptions({ out }))).rejects.toMatchObject({ code: 'NOTHING_TO_EXPORT' })
    await rm(join(base, 'images'), { recursive: true })
    await expect(exportDataset(rows, makeOptions({ out }))).rejects.toMatchObject({ code: 'NOTHING_TO_EXPORT' })
    expect(await readdir(base)).toEqual([])
  })

  it('says so before it starts when the disk cannot hold the copy', async () => {
    const { rows, out, base } = await makeCase()
    const huge = rows.map((row) => ({ ...row, sizeBytes: 2 ** 52 }))
    await expect(exportDataset(huge, makeOptions({ out }))).rejects.toMatchObject({ code: 'DISK_FULL' })
    await expect(lstat(join(base, 'made'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

async function mappingOf(out: string): Promise<Record<string, string>> {
  const { data } = Papa.parse<Record<string, string>>(await readFile(join(out, 'mapping.csv'), 'utf8'), {
    header: true,
    skipEmptyLines: true,
  })
  return Object.fromEntries(data.map((line) => [line.path, line.dataset_path])) as Record<string, string>
}
