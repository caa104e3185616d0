import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ExportProblem, FormatContext, FormatResult } from './export-format.ts'
import type { PlannedImage } from './export-plan.ts'
import type { DatasetFile } from './hashed-file.ts'
import { transferImage } from './transfer.ts'

const concurrency = 8

/** Brings every image to its place in the dataset; those whose file is not what was imported are left out and listed. */
export async function transferImages({ folder, images, options, step }: FormatContext): Promise<FormatResult> {
  const outcomes = new Map<PlannedImage, DatasetFile | ExportProblem>()
  const folders = new Set(images.map((image) => dirname(image.datasetPath as string)))
  for (const name of folders) await mkdir(join(folder, name), { recursive: true })
  let copiedInsteadOfLinked = 0
  let hasFailed = false
  const queue = images.values()
  const work = async (): Promise<void> => {
    for (const image of queue) {
      if (hasFailed) return
      step()
      const { row } = image
      const path = image.datasetPath as string
      const outcome = await transferImage(row, join(folder, path), options)
      if (outcome === 'copied-instead') copiedInsteadOfLinked++
      outcomes.set(
        image,
        outcome === 'done' || outcome === 'copied-instead'
          ? { path, sha256: row.contentHash, sizeBytes: row.sizeBytes }
          : { relativePath: row.relativePath, reason: outcome },
      )
    }
  }
  const workers = Array.from({ length: concurrency }, () =>
    work().catch((error) => {
      hasFailed = true
      throw error
    }),
  )
  // All workers must have stopped before a failure leaves here, or they would write into a removed folder.
  const failed = (await Promise.allSettled(workers)).find((result) => result.status === 'rejected')
  if (failed) throw failed.reason

  const results = images.map((image) => outcomes.get(image) as DatasetFile | ExportProblem)
  return {
    images: images.filter((image) => 'sha256' in (outcomes.get(image) as object)),
    files: results.filter((result) => 'sha256' in result),
    problems: results.filter((result) => 'reason' in result),
    copiedInsteadOfLinked,
  }
}
