import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exportDataset } from '#engine/exporting/export-dataset.ts'
import type { ExportFormatName } from '#engine/exporting/export-row.ts'
import { makeFolder, makeImage, makeOptions } from './dataset-fixture.ts'

const python = process.env.SPICERACK_PYTHON
const isRequired = process.env.SPICERACK_REQUIRE_ALL === '1'
if (!python && !isRequired) console.warn('Skipped: loading exports with torchvision, pandas and NumPy; set SPICERACK_PYTHON.')

describe.skipIf(!python && !isRequired)('exports load in Python', () => {
  it.each(['imagefolder', 'csv', 'jsonl', 'npy'] as const)(
    '%s',
    async (format) => {
      const base = await makeFolder()
      const rows = [
        await makeImage(base, `i/${'长'.repeat(83)}.png`, 1, { className: '猫' }),
        await makeImage(base, 'i/say "hi",\nnow.png', 2, { className: 'a/b' }),
        await makeImage(base, 'i/z.png', 3, { className: '猫', confidence: 0.5 }),
      ]
      const embeddings = { dim: 2, values: new Float32Array([5, 6, 1, 2, 3, 4]) }
      await exportDataset(rows, makeOptions({ out: join(base, 'dataset'), format }), { embeddings })
      const paths = ['i/say "hi",\nnow.png', 'i/z.png', `i/${'长'.repeat(83)}.png`]
      const expected: Record<ExportFormatName, unknown> = {
        imagefolder: { classes: ['a_b', '猫'], targets: [0, 1, 1], sizes: Array(3).fill([6, 4]) },
        csv: { paths, classes: ['a/b', '猫', '猫'], confidences: [0.75, 0.5, 0.75] },
        jsonl: { paths, classes: ['a/b', '猫', '猫'], confidences: [0.75, 0.5, 0.75] },
        npy: {
          types: ['float32', 'int64'],
          embeddings: [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
          labels: [0, 1, 1],
          files: paths,
        },
      }
      const child = spawnSync(
        python ?? 'python3',
        [join(import.meta.dirname, '../python/load_dataset.py'), format, join(base, 'dataset')],
        { encoding: 'utf8' },
      )
      expect(child.stderr).not.toContain('Traceback')
      expect(JSON.parse(child.stdout)).toEqual(expected[format])
    },
    120_000,
  )
})
