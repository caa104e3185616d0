import { statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fromErrorData, SpicerackError, toErrorData } from '#shared/errors.ts'
import { type Message, say, textOf } from '#shared/said.ts'
import { toDatasetCard } from './dataset-card.ts'
import { datasetFormats } from './dataset-formats.ts'
import type { ExportProblem, FormatResult } from './export-format.ts'
import { countImages, countSplits, type ExportPlan, type PlannedClass, planExport } from './export-plan.ts'
import type { ExportReceipt } from './export-receipt.ts'
import type { ClassLooks, ExportEmbeddings, ExportOptions, ExportRow } from './export-row.ts'
import { type DatasetFile, writeHashedFile } from './hashed-file.ts'
import { createOutputFolder } from './output-folder.ts'
import { requireProof } from './purity-gate.ts'

export type ExportControl = Readonly<{
  /** Looked at before each image; an AbortSignal fits. */
  signal?: Readonly<{ aborted: boolean }>
  /** Called once an image; the caller limits how often it passes this on. */
  onProgress?: (progress: Readonly<{ done: number; total: number }>) => void
  /** Needed by the NPY format. */
  embeddings?: ExportEmbeddings
  /** What audits of classes saw: for the gate, and for the card. */
  audits?: readonly ClassLooks[]
}>

/**
 * Writes a dataset folder: the files of the format, `manifest.json` and `README.md`. All or nothing: it
 * is made in a hidden temporary folder beside `out` and renamed at the end. Images whose file is missing
 * or changed are left out and listed in the receipt.
 * @throws OUTPUT_EXISTS, NOTHING_TO_EXPORT, PURITY_UNPROVEN, CANCELLED, DISK_FULL, FOLDER_READ_ONLY, BAD_INPUT; nothing is left behind.
 */
export async function exportDataset(
  rows: readonly ExportRow[],
  options: ExportOptions,
  { signal, onProgress, embeddings, audits = [] }: ExportControl = {},
): Promise<ExportReceipt> {
  const plan = planExport(rows, options, { audits, embeddingBytes: embeddings ? embeddings.dim * Float32Array.BYTES_PER_ELEMENT : 0 })
  requireProof(plan.unproven, options)
  if (plan.count === 0) throw nothingToExport(say('nothingPasses'))
  if (embeddings && embeddings.values.length !== rows.length * embeddings.dim)
    throw new SpicerackError(
      'BAD_INPUT',
      say('embeddingsDiffer', { embeddings: embeddings.values.length / embeddings.dim, images: rows.length }),
    )
  let done = 0
  const step = (): void => {
    onProgress?.({ done: done++, total: plan.count })
    if (signal?.aborted) throw new SpicerackError('CANCELLED', say('exportCancelled'))
  }
  try {
    return await createOutputFolder(options.out, async (folder) => {
      await checkSpace(folder, plan.writtenBytes)
      const result = await datasetFormats[options.format].write({
        folder,
        images: plan.images,
        options,
        embeddings: embeddings ?? null,
        step,
      })
      if (result.images.length === 0) throw nothingToExport(say('allFilesGone'))
      const receipt = toReceipt(plan, result, options)
      const card = await writeHashedFile(folder, 'README.md', [toDatasetCard(receipt, options)])
      const manifest = toManifest(receipt, [...result.files, card], options)
      await writeHashedFile(folder, 'manifest.json', [`${JSON.stringify(manifest, null, 1)}\n`])
      step()
      return receipt
    })
  } catch (error) {
    if (error instanceof SpicerackError) throw error
    const data = toErrorData(error)
    if (data.code === 'DISK_FULL') throw diskFull(error)
    throw fromErrorData(data, error)
  }
}

function toReceipt(plan: ExportPlan, result: FormatResult, options: ExportOptions): ExportReceipt {
  const byClass = Map.groupBy(result.images, (image) => image.classIndex)
  const classes = plan.classes.map((entry, index): PlannedClass => {
    const members = byClass.get(index) ?? []
    return { ...entry, ...countImages(members), splits: countSplits(members) }
  })
  const countReason = (reason: ExportProblem['reason']): number => result.problems.filter((problem) => problem.reason === reason).length
  return {
    out: resolve(options.out),
    format: options.format,
    ...countImages(result.images),
    classes,
    splits: countSplits(result.images),
    excluded: plan.excluded,
    unproven: options.unproven === 'skip' ? plan.unproven : [],
    problems: result.problems,
    problemCounts: { missing: countReason('missing'), unreadable: countReason('unreadable'), changed: countReason('changed') },
    copiedInsteadOfLinked: result.copiedInsteadOfLinked,
    warnings: plan.warnings.map(textOf),
  }
}

function toManifest(receipt: ExportReceipt, files: readonly DatasetFile[], options: ExportOptions) {
  const { out: _, provenance, ...choices } = options
  const { out: __, format: ___, ...outcome } = receipt
  return { kind: 'spicerack-dataset', version: 1, provenance, options: choices, ...outcome, files }
}

async function checkSpace(folder: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize < neededBytes)
    throw diskFull(undefined, say('exportNeeds', { needed: neededBytes, folder: dirname(folder), free: bavail * bsize }))
}

function diskFull(cause: unknown, message: Message = say('exportDiskFull')): SpicerackError {
  return new SpicerackError('DISK_FULL', message, {
    advice: say('freeOrLink'),
    cause,
  })
}

function nothingToExport(message: Message): SpicerackError {
  return new SpicerackError('NOTHING_TO_EXPORT', message, {
    advice: say('lowerExportBar'),
  })
}
