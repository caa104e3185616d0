import { SpicerackError } from '#shared/errors.ts'
import { type Message, say } from '#shared/said.ts'
import { datasetFormats } from './dataset-formats.ts'
import { type ClassLooks, type ExportOptions, type ExportRow, type SplitName, splitNames } from './export-row.ts'
import { type ClassPurity, findUnproven, measurePurity, passesThresholds, type UnprovenClass } from './purity-gate.ts'
import { createNameRegistry } from './safe-name.ts'
import { assignSplits } from './split.ts'
import { estimateWrittenBytes } from './written-bytes.ts'

/** The folder of images without a class when `unlabelled` is `folder`. */
const unlabelledFolder = 'unlabelled'
/** Files at the top of every dataset; no class folder may take these names. */
const reservedTopNames = ['README.md', 'manifest.json', 'mapping.csv'] as const

/** One image that will be exported. `rowIndex` points into the rows the plan was made from. */
export type PlannedImage = Readonly<{
  row: ExportRow
  rowIndex: number
  /** Null for an image without a class. */
  className: string | null
  classIndex: number
  /** Null when there is no split. */
  split: SplitName | null
  /** Path in the dataset, forward slashes; null for formats that hold no image files. */
  datasetPath: string | null
}>

export type PlannedCount = Readonly<{ count: number; sizeBytes: number }>
export type PlannedClass = Readonly<{
  /** As the person wrote it; null for the images without a class, always last. */
  name: string | null
  /** The safe name of its folder in an ImageFolder. */
  folder: string
  count: number
  sizeBytes: number
  splits: Partial<Record<SplitName, PlannedCount>>
  /** Null where every label of it is a person's. */
  purity: ClassPurity | null
}>

/** Why images are not chosen, and how many. */
export type ExcludedCounts = Readonly<Record<'unlabelled' | 'lowConfidence' | 'unreliable' | 'unproven', number>>
/** What is known beside the rows: audits of classes, and the bytes of one embedding for the NPY format. */
export type PlanKnowledge = Readonly<{ audits?: readonly ClassLooks[]; embeddingBytes?: number }>

/** What an export would do: counts and bytes for a dry run, and the images themselves. */
export type ExportPlan = Readonly<{
  images: readonly PlannedImage[]
  classes: readonly PlannedClass[]
  splits: Partial<Record<SplitName, PlannedCount>>
  count: number
  /** Bytes of the chosen images. */
  sizeBytes: number
  /** About how many bytes the dataset takes on the disk. */
  writtenBytes: number
  excluded: ExcludedCounts
  /** Classes that are not proved to be pure enough: they stop the export, or their images are left out. */
  unproven: readonly UnprovenClass[]
  warnings: readonly Message[]
}>

const torchvisionExtensions = /\.(jpe?g|png|ppm|bmp|pgm|tiff?|webp)$/i

/**
 * Chooses the images, their sides and their names in the dataset. Touches no file; does not depend on
 * the order of `rows`.
 * @throws BAD_INPUT for ratios that do not sum to 1 or a confidence outside 0 to 1.
 */
export function planExport(
  rows: readonly ExportRow[],
  options: ExportOptions,
  { audits = [], embeddingBytes = 0 }: PlanKnowledge = {},
): ExportPlan {
  for (const threshold of [options.minConfidence, options.minPurity])
    if (!(threshold >= 0 && threshold <= 1)) throw new SpicerackError('BAD_INPUT', say('thresholdRange', { threshold }))
  const excluded = { unlabelled: 0, lowConfidence: 0, unreliable: 0, unproven: 0 }
  let chosen: { row: ExportRow; rowIndex: number; className: string | null }[] = []
  rows.forEach((row, rowIndex) => {
    const passes = passesThresholds(row, options)
    if (row.className === null && options.unlabelled === 'skip') excluded.unlabelled++
    else if (passes !== 'yes') excluded[passes]++
    else chosen.push({ row, rowIndex, className: row.className })
  })
  const purities = measurePurity(
    chosen.map(({ row }) => row),
    audits,
    options,
  )
  const unproven = findUnproven(purities, options.minPurity)
  if (options.unproven === 'skip' && unproven.length > 0) {
    const names = new Set<string | null>(unproven.map(({ name }) => name))
    const kept = chosen.filter(({ row, className }) => row.labelSource === 'human' || !names.has(className))
    excluded.unproven = chosen.length - kept.length
    chosen = kept
  }
  chosen.sort((a, b) => compare(a.row.relativePath, b.row.relativePath) || compare(`${a.row.imageId}`, `${b.row.imageId}`))

  const classNames = [...new Set(chosen.map((image) => image.className))].sort((a, b) => (a === null ? 1 : b === null ? -1 : compare(a, b)))
  const registerFolder = createNameRegistry(reservedTopNames)
  const folders = classNames.map((name) => registerFolder(name ?? unlabelledFolder))
  const classIndices = new Map(classNames.map((name, index) => [name, index]))
  const sides = options.split
    ? assignSplits(
        chosen.map(({ row }) => row),
        chosen.map(({ className }) => (className === null ? '' : `class ${className}`)),
        options.split,
        options.seed,
      )
    : null

  const { folderOf } = datasetFormats[options.format]
  const registerFile = new Map<string, (name: string) => string>()
  const images = chosen.map(({ row, rowIndex, className }, index): PlannedImage => {
    const split = sides?.[index] ?? null
    const classIndex = classIndices.get(className) as number
    const folder = folderOf?.(split, folders[classIndex] as string) ?? ''
    const register = registerFile.get(folder) ?? createNameRegistry()
    registerFile.set(folder, register)
    const fileName = row.relativePath.slice(row.relativePath.lastIndexOf('/') + 1)
    const datasetPath = folderOf ? `${folder}/${register(fileName)}` : null
    return { row, rowIndex, className, classIndex, split, datasetPath }
  })
  const byClass = Map.groupBy(images, (image) => image.classIndex)
  const classes = classNames.map((name, index): PlannedClass => {
    const members = byClass.get(index) ?? []
    const purity = name === null ? null : (purities.get(name) ?? null)
    return { name, folder: folders[index] as string, ...countImages(members), splits: countSplits(members), purity }
  })
  return {
    images,
    classes,
    splits: countSplits(images),
    ...countImages(images),
    writtenBytes: estimateWrittenBytes(images, options, embeddingBytes),
    excluded,
    unproven,
    warnings: findWarnings(images, classes, options),
  }
}

/** Number and bytes of the images of each side that has any. */
export function countSplits(images: readonly PlannedImage[]): Partial<Record<SplitName, PlannedCount>> {
  const bySide = Map.groupBy(images, (image) => image.split)
  return Object.fromEntries(splitNames.flatMap((name) => (bySide.has(name) ? [[name, countImages(bySide.get(name) ?? [])]] : [])))
}

/** Number and bytes of the images. */
export function countImages(images: readonly PlannedImage[]): PlannedCount {
  return { count: images.length, sizeBytes: images.reduce((sum, image) => sum + image.row.sizeBytes, 0) }
}

function findWarnings(images: readonly PlannedImage[], classes: readonly PlannedClass[], { split, format }: ExportOptions): Message[] {
  const warnings: Message[] = []
  for (const side of splitNames) {
    if (split === null || split[side] === 0) continue
    const missing = classes.filter((entry) => entry.splits[side] === undefined)
    if (missing.length > 0)
      warnings.push(say('sideWithoutClass', { side, classes: missing.map((entry) => entry.name ?? unlabelledFolder).join(', ') }))
  }
  if (format === 'yolo' && (split === null || split.val === 0)) warnings.push(say('yoloWithoutVal'))
  const unlisted = images.filter((image) => image.datasetPath && !torchvisionExtensions.test(image.datasetPath)).length
  if (format === 'yolo' && unlisted > 0) warnings.push(say('yoloUnlisted', { files: unlisted }))
  if (format === 'imagefolder' && unlisted > 0) warnings.push(say('folderUnlisted', { files: unlisted }))
  return warnings
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
