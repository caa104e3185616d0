import Papa from 'papaparse'
import type { PlannedImage } from './export-plan.ts'
import type { ExportOptions } from './export-row.ts'

const rowsPerChunk = 1000

/** One image as a row of CSV or a line of JSON; the keys are the columns, in this order. */
export function toRecord({ row, split, datasetPath }: PlannedImage) {
  return {
    ...(datasetPath === null ? {} : { dataset_path: datasetPath }),
    path: row.relativePath,
    class: row.className,
    cluster: row.clusterName,
    confidence: row.confidence,
    local_consistency: row.localConsistency,
    head_agreement: row.headAgreement,
    reliable: row.reliable,
    label_source: row.labelSource,
    split,
    content_hash: row.contentHash,
    exact_group: row.exactGroup,
    near_group: row.nearGroup,
    size_bytes: row.sizeBytes,
  }
}

/** One line of the CSV, without its header. */
export function toCsvRow(image: PlannedImage, options: Pick<ExportOptions, 'escapeFormulas'>): string {
  const [text = ''] = toCsv([image], { ...options, bom: false })
  return text.slice(text.indexOf('\n') + 1)
}

/**
 * The images as CSV after RFC 4180, in pieces: UTF-8, CRLF, quotes doubled, nothing for null.
 * Values are written as they are unless `escapeFormulas`: a spreadsheet runs a cell that begins with
 * `=`, `+`, `-` or `@` as a formula, and the apostrophe that prevents it changes the value.
 */
export function* toCsv(
  images: readonly PlannedImage[],
  { bom, escapeFormulas }: Pick<ExportOptions, 'bom' | 'escapeFormulas'>,
): Generator<string> {
  if (bom) yield '\ufeff'
  for (let start = 0; start < images.length; start += rowsPerChunk) {
    const records = images.slice(start, start + rowsPerChunk).map(toRecord)
    yield `${Papa.unparse(records, { header: start === 0, newline: '\r\n', escapeFormulae: escapeFormulas })}\r\n`
  }
}
