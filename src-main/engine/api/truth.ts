import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import Papa from 'papaparse'
import type { OpenProject } from '#engine/database/project.ts'
import type { ImageId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'

type LabelledPath = Readonly<{ path: string; label: string }>

type KnownClasses = Readonly<{
  classOf: ReadonlyMap<ImageId, string>
  /** Rows or files that match no image of the project, or more than one. */
  unmatchedCount: number
}>

const pathColumns = ['path', 'file', 'filename', 'image']
const labelColumns = ['label', 'class', 'classname']

/**
 * The class of each image by a CSV file (a column path or file, and a column label or class) or by a folder of folders, each named like
 * its class. Images are found by the path relative to their root, else by a file name that only one image has.
 *
 * @throws NOT_FOUND when nothing is there; BAD_INPUT when it cannot be understood.
 */
export function readKnownClasses(project: OpenProject, path: string): KnownClasses {
  const place = resolve(path)
  const status = statSync(place, { throwIfNoEntry: false })
  if (!status) throw new SpicerackError('NOT_FOUND', say('nothingAt', { path: place }), { advice: say('checkPath') })
  const rows = status.isDirectory() ? readFolders(place) : readCsv(place)
  if (rows.length === 0)
    throw new SpicerackError('BAD_INPUT', say('noLabelsAt', { path: place }), {
      advice: say('csvOrFolders'),
    })
  const find = createImageFinder(project)
  const classOf = new Map<ImageId, string>()
  let unmatchedCount = 0
  for (const row of rows) {
    const imageId = find(row.path)
    if (imageId === undefined) unmatchedCount++
    else classOf.set(imageId, row.label)
  }
  return { classOf, unmatchedCount }
}

function readCsv(file: string): LabelledPath[] {
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  const { data, meta } = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: 'greedy' })
  const columnOf = (names: readonly string[]) => meta.fields?.find((field) => names.includes(field.trim().toLowerCase()))
  const pathColumn = columnOf(pathColumns)
  const labelColumn = columnOf(labelColumns)
  if (pathColumn === undefined || labelColumn === undefined)
    throw new SpicerackError('BAD_INPUT', say('noColumn', { file, column: pathColumn === undefined ? 'path' : 'label' }), {
      advice: say('nameColumns'),
    })
  return data.flatMap((row) => {
    const path = row[pathColumn]?.trim() ?? ''
    const label = row[labelColumn]?.trim() ?? ''
    return path === '' || label === '' ? [] : [{ path, label }]
  })
}

function readFolders(folder: string): LabelledPath[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return entries.flatMap(({ name }) =>
    readdirSync(join(folder, name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => ({ path: relative(folder, join(entry.parentPath, entry.name)), label: name })),
  )
}

/** Finds an image by what a list calls it; undefined when none or several could be meant. */
function createImageFinder(project: OpenProject): (path: string) => ImageId | undefined {
  const roots = project.project.roots()
  const byPath = new Map<string, ImageId | null>()
  const byName = new Map<string, ImageId | null>()
  const add = (index: Map<string, ImageId | null>, key: string, id: ImageId) => index.set(key, index.has(key) ? null : id)
  for (const root of roots)
    for (const { id, path } of project.images.ofRoot(root.id)) {
      add(byPath, path, id)
      add(byPath, toSlashes(join(root.path, path)), id)
      add(byName, nameOf(path), id)
    }
  return (given) => {
    const path = toSlashes(given).replace(/^(\.\/)+/, '')
    return byPath.get(path) ?? byName.get(nameOf(path)) ?? undefined
  }
}

function toSlashes(path: string): string {
  return sep === '\\' || !path.includes('/') ? path.replaceAll('\\', '/') : path
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
