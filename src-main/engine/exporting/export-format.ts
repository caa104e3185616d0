import type { PlannedImage } from './export-plan.ts'
import type { ExportEmbeddings, ExportOptions } from './export-row.ts'
import type { DatasetFile } from './hashed-file.ts'

/** An image left out of the dataset because its file is not what was imported. */
export type ExportProblem = Readonly<{ relativePath: string; reason: 'missing' | 'unreadable' | 'changed' }>

/** What a format gets to write into. */
export type FormatContext = Readonly<{
  /** The temporary folder; empty but for what this format writes. */
  folder: string
  images: readonly PlannedImage[]
  options: ExportOptions
  embeddings: ExportEmbeddings | null
  /** Throws CANCELLED when the person cancelled; counts one more image as done. */
  step(): void
}>

/** What a format wrote. */
export type FormatResult = Readonly<{
  /** The images that are in the dataset. */
  images: readonly PlannedImage[]
  files: readonly DatasetFile[]
  problems: readonly ExportProblem[]
  /** Images copied where a hard link was asked for but impossible. */
  copiedInsteadOfLinked: number
}>

/** A format of export: writes its files into the folder. */
export type WriteFormat = (context: FormatContext) => Promise<FormatResult>
