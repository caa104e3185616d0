import type { LabelSource } from '#shared/entities.ts'
import type { ExportFormatName, UnprovenWay } from '#shared/export-formats.ts'

/** One image as an export sees it; plain values, so that no database is needed to export or to test. */
export type ExportRow = Readonly<{
  imageId: number | string
  absolutePath: string
  /** Below the folder of images, with forward slashes. */
  relativePath: string
  /** SHA-256 of the file's bytes, 64 lower-case hex digits. */
  contentHash: string
  className: string | null
  clusterName: string | null
  /** Confidence of the label, 0 to 1; null when there is none. */
  confidence: number | null
  /** Share of agreeing neighbours, 0 to 1; null when it was not computed. */
  localConsistency: number | null
  /** Share of the other heads that agree with the chosen one, 0 to 1; null when it was not computed. */
  headAgreement: number | null
  reliable: boolean
  labelSource: LabelSource | null
  /** Images of one exact-duplicate group never straddle a split; null or -1 when alone. */
  exactGroup: number | null
  /** Images of one near-duplicate group never straddle a split; null or -1 when alone. */
  nearGroup: number | null
  sizeBytes: number
  /** Of the picture as it is shown, after EXIF rotation. */
  widthPx: number
  heightPx: number
  /** As `jpeg`, `png`. */
  format: string
}>

export const splitNames = ['train', 'val', 'test'] as const
export type SplitName = (typeof splitNames)[number]
/** Shares of the three sides, each 0 to 1, summing to 1. */
export type SplitRatios = Readonly<Record<SplitName, number>>

export type Transfer = 'copy' | 'hardlink' | 'symlink'

/** What the dataset says about where it came from; goes into the manifest and the dataset card as it is. */
export type ExportProvenance = Readonly<{
  projectName: string
  recipe: unknown
  /** Seed of the run that made the labels. */
  seed: number
  versions: Readonly<Record<string, string>>
  runId: number | string | null
  /** ISO 8601; null leaves it out, so that the same input gives the same bytes. */
  createdAt: string | null
}>

export type ExportOptions = Readonly<{
  format: ExportFormatName
  /** The dataset folder to make; it must not exist yet. */
  out: string
  /** How images reach formats that hold image files. */
  transfer: Transfer
  /** What to do where the file system cannot hard-link: stop, or copy and count it in the receipt. */
  hardlinkFallback: 'error' | 'copy'
  /** Null: no split, one set. */
  split: SplitRatios | null
  /** Seed of the split. */
  seed: number
  /** 0 to 1. Labels set by a person or imported are kept whatever this says. */
  minConfidence: number
  /** Keep reliable images only; labels set by a person or imported are kept too. */
  onlyReliable: boolean
  /** 0 to 1: only labels of classes that an audit proves to be this pure; 0 = all. Labels set by a person are kept whatever this says. */
  minPurity: number
  /** What to do with classes that are not proved to be so pure: refuse the export, or leave their images out. */
  unproven: UnprovenWay
  /** What to do with images that have no class. */
  unlabelled: 'skip' | 'folder'
  /** Begin CSV files with a byte-order mark, which Excel needs to read UTF-8. */
  bom: boolean
  /** Put an apostrophe before CSV cells that a spreadsheet would run as a formula; changes such values. */
  escapeFormulas: boolean
  provenance: ExportProvenance
}>

/** Vectors of the NPY format: `values` is `[rows.length, dim]` float32, row i belonging to `rows[i]`. */
export type ExportEmbeddings = Readonly<{ dim: number; values: Float32Array }>

/** What the audit of a class saw: every look of its random sample. `labelSource` is where the label came from before it was looked at. */
export type ClassLooks = Readonly<{
  className: string
  looks: readonly (Pick<ExportRow, 'imageId' | 'confidence' | 'reliable' | 'labelSource'> & Readonly<{ isRight: boolean }>)[]
}>
