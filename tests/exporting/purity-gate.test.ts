import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exportDataset } from '#engine/exporting/export-dataset.ts'
import { planExport } from '#engine/exporting/export-plan.ts'
import type { ClassLooks, ExportRow } from '#engine/exporting/export-row.ts'
import { estimatePurity } from '#shared/purity.ts'
import { makeFolder, makeImage, makeOptions, makeRow } from './dataset-fixture.ts'

const options = makeOptions({ out: '/nowhere', format: 'csv' })

/** 100 cats, of which the first 40 were looked at: 38 right, now labelled by a person, one rejected and one labelled as a dog. */
function makeCats(): { rows: ExportRow[]; audits: ClassLooks[] } {
  const rows = Array.from({ length: 100 }, (_, index) =>
    makeRow(index, undefined, {
      className: index === 1 ? 'dog' : 'cat',
      labelSource: index < 40 ? 'human' : 'mapping',
      confidence: (index % 10) / 10,
      reliable: index % 2 === 0,
    }),
  )
  const looks = rows.slice(0, 40).map((row, index) => ({ ...row, isRight: index > 1, labelSource: 'mapping' as const }))
  // A rejected image is in no export.
  return { rows: rows.slice(1), audits: [{ className: 'cat', looks }] }
}

describe('the purity that an export proves', () => {
  it('counts looks and the images that no person labelled', () => {
    const { rows, audits } = makeCats()
    const plan = planExport(rows, options, { audits })
    const sample = { imageCount: 100, looked: 40, right: 38 }
    expect(plan.classes.map(({ name, purity }) => [name, purity])).toEqual([
      ['cat', { ...sample, ...estimatePurity(sample) }],
      ['dog', null],
    ])
    expect(plan.unproven).toEqual([])
  })

  it('is of the images that the export chooses, whatever they became', () => {
    const { rows, audits } = makeCats()
    for (const narrower of [{ minConfidence: 0.5 }, { onlyReliable: true }, { minConfidence: 0.3, onlyReliable: true }]) {
      const passes = ({ confidence, reliable }: Pick<ExportRow, 'confidence' | 'reliable'>): boolean =>
        (confidence ?? 0) >= (narrower.minConfidence ?? 0) && (!narrower.onlyReliable || reliable)
      const looks = audits[0]!.looks.filter(passes)
      const rest = rows.filter((row) => row.labelSource === 'mapping' && passes(row))
      const [cat] = planExport(rows, { ...options, ...narrower }, { audits }).classes
      expect(cat!.purity).toMatchObject({
        imageCount: looks.length + rest.length,
        looked: looks.length,
        right: looks.filter(({ isRight }) => isRight).length,
      })
    }
  })

  it('refuses below the bound, names the classes and what is missing, and writes nothing', async () => {
    const { rows, audits } = makeCats()
    const base = await makeFolder()
    const out = join(base, 'dataset')
    const more = makeRow(500, undefined, { className: 'egg' })
    await expect(exportDataset([...rows, more], { ...options, out, minPurity: 0.9 }, { audits })).rejects.toMatchObject({
      code: 'PURITY_UNPROVEN',
      message: expect.stringMatching(
        /90 % pure: cat \(\d+ more looks needed, if as many are right\), egg \(1 more look needed, if all are right\)/,
      ),
    })
    await expect(exportDataset(rows, { ...options, out, minPurity: 0.97 }, { audits })).rejects.toMatchObject({
      message: expect.stringContaining('cat (38 of 40 were right: too few)'),
    })
    expect(await readdir(base)).toEqual([])
    expect((await exportDataset(rows, { ...options, out, minPurity: 0.85 }, { audits })).count).toBe(99)
  })

  it('leaves unproved labels out when asked, and keeps those of a person', async () => {
    const base = await makeFolder()
    const rows = [
      await makeImage(base, 'a.png', 1, { className: 'cat' }),
      await makeImage(base, 'b.png', 2, { className: 'cat', labelSource: 'human' }),
      await makeImage(base, 'c.png', 3, { className: 'dog' }),
    ]
    const audits = [{ className: 'dog', looks: [{ ...rows[2]!, isRight: true }] }]
    const out = join(base, 'dataset')
    const receipt = await exportDataset(rows, makeOptions({ out, minPurity: 0.95, unproven: 'skip' }), { audits })
    expect(receipt).toMatchObject({ count: 2, excluded: { unproven: 1 }, unproven: [{ name: 'cat', missingLooks: 1 }] })
    const card = await readFile(join(out, 'README.md'), 'utf8')
    expect(card).toContain('only classes that an audit proves to be at least 95 % pure')
    expect(card).toContain('| dog | 1 | 1 | 1 | 100 % | 100 % to 100 % |')
    expect(card).toContain('Left out, because not proved to be pure enough: cat (at least 0 %).')
    const manifest = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'))
    expect(manifest).toMatchObject({ options: { minPurity: 0.95, unproven: 'skip' }, unproven: [{ name: 'cat' }] })
  })
})
