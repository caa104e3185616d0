import { datasetFormats } from './dataset-formats.ts'
import type { PlannedImage } from './export-plan.ts'
import type { ExportOptions } from './export-row.ts'

/** So many images, evenly spaced, stand for all: enough for an estimate within a few percent. */
const sampleSize = 400

/**
 * About how many bytes an export takes on the disk: the images where they are copied, and the files beside them. For a dry run, so only a
 * sample of the rows is written out.
 */
export function estimateWrittenBytes(images: readonly PlannedImage[], options: ExportOptions, embeddingBytes: number): number {
  if (images.length === 0) return 0
  const { folderOf, holdsImages, tableRow, tableRows } = datasetFormats[options.format]
  const count = Math.min(sampleSize, images.length)
  const sample = Array.from({ length: count }, (_, index) => images[Math.floor((index * images.length) / count)]!)
  const scale = images.length / count
  let bytes = tableRows ? tableRows(sample) : 0
  for (const image of sample) {
    if (tableRow) bytes += Buffer.byteLength(tableRow(image, options))
    // The entry of the manifest: path, hash and size.
    if (folderOf) bytes += Buffer.byteLength(image.datasetPath ?? '') + 130
  }
  const copies = holdsImages || (folderOf !== undefined && options.transfer === 'copy')
  const imageBytes = copies ? images.reduce((sum, image) => sum + image.row.sizeBytes, 0) : 0
  return imageBytes + Math.round(bytes * scale) + (options.format === 'npy' ? images.length * embeddingBytes : 0)
}
