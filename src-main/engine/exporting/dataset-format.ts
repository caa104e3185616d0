import type { WriteFormat } from './export-format.ts'
import type { PlannedImage } from './export-plan.ts'
import type { ExportOptions, SplitName } from './export-row.ts'

/** A format of export; each is one file of `formats`. */
export interface DatasetFormat {
  /** The folder of an image file in the dataset; left out by formats without image files. */
  readonly folderOf?: (split: SplitName | null, classFolder: string) => string
  /** The bytes of the images are in the dataset, although not as files. */
  readonly holdsImages?: true
  /** What one image adds to the files that are written besides image files, for a dry run. */
  readonly tableRow?: (image: PlannedImage, options: ExportOptions) => string | Uint8Array
  /** The bytes of the whole table instead, where it is packed as a whole. */
  readonly tableRows?: (images: readonly PlannedImage[]) => number
  /** A few lines of Python for the dataset card; `side` is the first side of the split, null without one. */
  readonly howToLoad: (side: SplitName | null) => string
  readonly write: WriteFormat
}
