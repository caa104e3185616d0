import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { onTestFinished } from 'vitest'
import type { ExportOptions, ExportRow } from '#engine/exporting/export-row.ts'

/** A temporary folder that is removed when the test ends. */
export async function makeFolder(base = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(base, 'spicerack-export-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Writes a small real PNG at `relativePath`, its colour given by `value`, and returns its row. */
export async function makeImage(folder: string, relativePath: string, value: number, rest: Partial<ExportRow> = {}): Promise<ExportRow> {
  const absolutePath = join(folder, relativePath)
  const background = { r: value & 255, g: (value >> 8) & 255, b: 77 }
  const bytes = await sharp({ create: { width: 6, height: 4, channels: 3, background } })
    .png()
    .toBuffer()
  await mkdir(dirname(absolutePath), { recursive: true })
  await writeFile(absolutePath, bytes)
  return { ...makeRow(value, sha256(bytes), rest), absolutePath, relativePath, sizeBytes: bytes.length }
}

/** A row of no real file, for what touches none. */
export function makeRow(imageId: number, contentHash = sha256(`${imageId}`), rest: Partial<ExportRow> = {}): ExportRow {
  return {
    imageId,
    absolutePath: `/nowhere/${imageId}.png`,
    relativePath: `${imageId}.png`,
    contentHash,
    className: 'cat',
    clusterName: 'cluster 1',
    confidence: 0.75,
    localConsistency: 0.5,
    headAgreement: 0.25,
    reliable: true,
    labelSource: 'mapping',
    exactGroup: null,
    nearGroup: null,
    sizeBytes: 100,
    widthPx: 6,
    heightPx: 4,
    format: 'png',
    ...rest,
  }
}

export function makeOptions(rest: Partial<ExportOptions> & Pick<ExportOptions, 'out'>): ExportOptions {
  return {
    format: 'imagefolder',
    transfer: 'copy',
    hardlinkFallback: 'error',
    split: null,
    seed: 1,
    minConfidence: 0,
    onlyReliable: false,
    minPurity: 0,
    unproven: 'refuse',
    unlabelled: 'skip',
    bom: false,
    escapeFormulas: false,
    provenance: {
      projectName: 'spices',
      recipe: { name: 'standard', stages: { self: { epochs: 3 } } },
      seed: 7,
      versions: { spicerack: '0.1.0' },
      runId: 12,
      createdAt: null,
    },
    ...rest,
  }
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Hash of every file below the folder, by path. */
export async function hashTree(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(
    await Promise.all(
      files.sort().map(async (file) => [file.slice(folder.length + 1).replaceAll('\\', '/'), sha256(await readFile(file))]),
    ),
  )
}
