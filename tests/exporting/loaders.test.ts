import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exportDataset } from '#engine/exporting/export-dataset.ts'
import type { ExportOptions, ExportRow } from '#engine/exporting/export-row.ts'
import { type ExportFormatName, exportFormats } from '#shared/export-formats.ts'
import { makeFolder, makeImage, makeOptions } from './dataset-fixture.ts'

const python = process.env.SPICERACK_PYTHON
const isRequired = process.env.SPICERACK_REQUIRE_ALL === '1'
if (!python && !isRequired)
  console.warn('Skipped: loading exports with torchvision, pandas, pyarrow, pycocotools, datasets and NumPy; set SPICERACK_PYTHON.')

const paths = ['i/say "hi",\nnow.png', 'i/z.png', `i/${'长'.repeat(83)}.png`]

async function makeRows(base: string): Promise<ExportRow[]> {
  return [
    await makeImage(base, paths[2]!, 1, { className: '猫' }),
    await makeImage(base, paths[0]!, 2, { className: 'a/b' }),
    await makeImage(base, paths[1]!, 3, { className: '猫', confidence: 0.5, localConsistency: null, exactGroup: 4 }),
  ]
}

/** What the usual loader of the format sees in a dataset of these rows. */
async function load(format: ExportFormatName, rows: readonly ExportRow[], base: string, options: Partial<ExportOptions> = {}) {
  const embeddings = { dim: 2, values: Float32Array.from({ length: rows.length * 2 }, (_, index) => [5, 6, 1, 2, 3, 4][index] ?? 0) }
  await exportDataset(rows, makeOptions({ out: join(base, 'dataset'), format, ...options }), { embeddings })
  const child = spawnSync(python ?? 'python3', [join(import.meta.dirname, '../python/load_dataset.py'), format, join(base, 'dataset')], {
    encoding: 'utf8',
    env: { ...process.env, HF_HUB_OFFLINE: '1', HF_HOME: join(base, 'cache') },
  })
  expect(child.stderr).not.toContain('Traceback')
  return JSON.parse(child.stdout.trim().split('\n').at(-1) ?? '')
}

const table = { paths, classes: ['a/b', '猫', '猫'], confidences: [0.75, 0.5, 0.75] }
const folders = { classes: ['a_b', '猫'], targets: [0, 1, 1], sizes: Array(3).fill([6, 4]) }
const tfExample = {
  ...{ 'image/format': 'png', 'image/width': 6, 'image/height': 4, 'image/class/reliable': 1, 'image/class/source': 'mapping' },
}
const expected: Record<ExportFormatName, unknown> = {
  imagefolder: folders,
  yolo: { train: folders },
  coco: {
    all: {
      categories: { 1: 'a/b', 2: '猫' },
      opened: Array(3).fill([6, 4]),
      sizes: Array(3).fill([6, 4]),
      paths,
      classes: ['a/b', '猫', '猫'],
      boxes: Array(3).fill([0, 0, 6, 4]),
      masks: Array(3).fill(24),
    },
  },
  huggingface: {
    train: {
      columns: [
        ...[
          'cluster',
          'confidence',
          'content_hash',
          'exact_group',
          'head_agreement',
          'image',
          'label',
          'label_source',
          'local_consistency',
          'near_group',
        ],
        ...['path', 'reliable', 'size_bytes', 'split'],
      ],
      names: ['a/b', '猫'],
      labels: ['a/b', '猫', '猫'],
      paths,
      confidences: [0.75, 0.5, 0.75],
      sizes: Array(3).fill([6, 4]),
    },
  },
  csv: table,
  jsonl: table,
  parquet: {
    ...table,
    types: {
      path: 'string',
      class: 'string',
      cluster: 'string',
      confidence: 'double',
      local_consistency: 'double',
      head_agreement: 'double',
      reliable: 'bool',
      label_source: 'string',
      split: 'string',
      content_hash: 'string',
      exact_group: 'int32',
      near_group: 'int32',
      size_bytes: 'int64',
    },
    nulls: { local_consistency: 1, split: 3, exact_group: 2, near_group: 3 },
  },
  tfrecord: {
    classes: ['a/b', '猫'],
    shards: {
      'all-00000-of-00001.tfrecord': paths.map((path, index) => ({
        ...tfExample,
        'image/filename': path,
        'image/class/label': [0, 1, 1][index],
        'image/class/text': ['a/b', '猫', '猫'][index],
        'image/class/confidence': [0.75, 0.5, 0.75][index],
      })),
    },
  },
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

describe.skipIf(!python && !isRequired)('exports load in Python', () => {
  it.each(exportFormats)(
    '%s',
    async (format) => {
      const base = await makeFolder()
      expect(await load(format, await makeRows(base), base)).toEqual(expected[format])
    },
    120_000,
  )

  it.each(['yolo', 'coco', 'huggingface', 'tfrecord'] as const)(
    '%s with a split, and an image without a class',
    async (format) => {
      const base = await makeFolder()
      const rows: ExportRow[] = []
      for (let index = 0; index < 20; index++)
        rows.push(await makeImage(base, `${index}.png`, index, { className: index === 0 ? null : index % 2 ? 'odd' : 'even' }))
      const seen = await load(format, rows, base, {
        split: { train: 0.6, val: 0.2, test: 0.2 },
        unlabelled: 'folder',
      })
      const countOf: Record<typeof format, (side: string) => number> = {
        yolo: (side) => seen[side].targets.length,
        coco: (side) => seen[side].paths.length,
        huggingface: (side) => seen[side === 'val' ? 'validation' : side].paths.length,
        tfrecord: (side) => seen.shards[`${side}-00000-of-00001.tfrecord`].length,
      }
      const counts = ['train', 'val', 'test'].map(countOf[format])
      expect(counts.reduce((sum, count) => sum + count)).toBe(20)
      expect(counts[0]).toBeGreaterThan(counts[1]! + counts[2]! - 1)
      if (format === 'coco')
        expect(['train', 'val', 'test'].map((side) => seen[side].classes.length).reduce((sum, count) => sum + count)).toBe(19)
      if (format === 'tfrecord')
        expect(
          Object.values<{ 'image/class/label': number }[]>(seen.shards)
            .flat()
            .filter((example) => example['image/class/label'] === -1),
        ).toHaveLength(1)
    },
    120_000,
  )
})
