import type { Dirent, Stats } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { SpicerackError } from '#shared/errors.ts'
import { type Message, say } from '#shared/said.ts'
import { type ImageProblemCode, imageProblem, toFileProblem } from './image-problem.ts'

/** A file below the root. `relativePath` has `/` between its parts on every system; `mtimeMs` is whole milliseconds. */
export type FoundFile = Readonly<{ kind: 'file'; relativePath: string; sizeBytes: number; mtimeMs: number }>

/** Something below the root that cannot be used. Bytes of a name that are not UTF-8 are shown as U+FFFD. */
export type ScanProblem = Readonly<{ kind: 'problem'; relativePath: string; code: ImageProblemCode; message: string }>

export type ScanEntry = FoundFile | ScanProblem

type Folder = Readonly<{ realPath: string; relativePath: string }>
type Child = Readonly<{ name: string; sortKey: Buffer; entry: Dirent<Buffer>; target: Stats | ScanProblem }>

const systemNames = new Set(['thumbs.db', 'ehthumbs.db', 'desktop.ini', '__macosx', '$recycle.bin', 'system volume information', '@eadir'])

/**
 * Every file below `root`, recursively, in the order of the UTF-8 bytes of the relative paths.
 *
 * Files are listed whatever their extension: content decides later. Hidden and system files and `*.spicerack` folders are left out.
 * Symbolic links are followed; a link to a folder that is scanned anyway is a problem, so each folder is read once.
 * Pipes, sockets and devices are problems and are never opened. A folder that cannot be read is a problem, the rest goes on.
 *
 * @throws FOLDER_UNREADABLE when `root` itself cannot be read; CANCELLED when `signal` aborts.
 */
export async function* scanFolder(root: string, options: { signal?: AbortSignal } = {}): AsyncGenerator<ScanEntry> {
  let realRoot: string
  try {
    realRoot = await realpath(root)
    await readdir(realRoot)
  } catch (error) {
    throw new SpicerackError('FOLDER_UNREADABLE', whyUnreadable(root, error), {
      advice: say('checkFolder'),
      cause: error,
    })
  }
  yield* scan({ realPath: realRoot, relativePath: '' }, realRoot, new Set([realRoot]), options.signal)
}

/** Why a folder that a person named cannot be read. */
function whyUnreadable(path: string, error: unknown): Message {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return say('folderMissing', { path })
  return code === 'ENOTDIR' ? say('folderIsFile', { path }) : say('folderUnreadableBecause', { path, reason: toFileProblem(error).message })
}

async function* scan(folder: Folder, realRoot: string, visited: Set<string>, signal?: AbortSignal): AsyncGenerator<ScanEntry> {
  let entries: Dirent<Buffer>[]
  try {
    entries = await readdir(folder.realPath, { withFileTypes: true, encoding: 'buffer' })
  } catch (error) {
    yield { ...toFileProblem(error), relativePath: folder.relativePath }
    return
  }
  const children = await Promise.all(entries.map((entry) => inspect(folder, entry)))
  children.sort((a, b) => Buffer.compare(a.sortKey, b.sortKey))
  for (const { name, entry, target } of children) {
    if (signal?.aborted) throw new SpicerackError('CANCELLED', say('importCancelled'))
    if ('kind' in target) {
      yield target
      continue
    }
    if (isIgnored(name, target.isDirectory())) continue
    const relativePath = folder.relativePath === '' ? name : `${folder.relativePath}/${name}`
    if (target.isFile()) yield { kind: 'file', relativePath, sizeBytes: target.size, mtimeMs: Math.floor(target.mtimeMs) }
    else if (target.isDirectory())
      yield* descend(relativePath, join(folder.realPath, name), entry.isSymbolicLink(), realRoot, visited, signal)
    else yield { ...imageProblem('not-a-file', 'It is a pipe, a socket or a device; it was not opened.'), relativePath }
  }
}

async function* descend(
  relativePath: string,
  path: string,
  isLink: boolean,
  realRoot: string,
  visited: Set<string>,
  signal?: AbortSignal,
): AsyncGenerator<ScanEntry> {
  let realPath: string
  try {
    realPath = isLink ? await realpath(path) : path
  } catch (error) {
    yield { ...toFileProblem(error), relativePath }
    return
  }
  const isScannedAnyway = isLink && (isInside(realPath, realRoot) || isInside(realRoot, realPath))
  if (isScannedAnyway || visited.has(realPath)) {
    yield { ...imageProblem('link-loop', 'It leads to a folder that is read already; it was not followed.'), relativePath }
    return
  }
  visited.add(realPath)
  yield* scan({ realPath, relativePath }, realRoot, visited, signal)
}

async function inspect(folder: Folder, entry: Dirent<Buffer>): Promise<Child> {
  const name = entry.name.toString('utf8')
  const relativePath = folder.relativePath === '' ? name : `${folder.relativePath}/${name}`
  const problem = (target: ScanProblem): Child => ({ name, sortKey: entry.name, entry, target })
  if (!Buffer.from(name, 'utf8').equals(entry.name))
    return problem({ ...imageProblem('file-name', 'Its name is not valid UTF-8; rename it to import it.'), relativePath })
  try {
    const target = await stat(join(folder.realPath, name))
    // With the slash at the end, the order of siblings is the order of the whole paths.
    const sortKey = target.isDirectory() ? Buffer.concat([entry.name, Buffer.from('/')]) : entry.name
    return { name, sortKey, entry, target }
  } catch (error) {
    if (entry.isSymbolicLink() && (error as NodeJS.ErrnoException).code === 'ENOENT')
      return problem({ ...imageProblem('broken-link', 'It is a symbolic link to nothing.'), relativePath })
    return problem({ ...toFileProblem(error), relativePath })
  }
}

function isIgnored(name: string, isFolder: boolean): boolean {
  return name.startsWith('.') || systemNames.has(name.toLowerCase()) || (isFolder && name.endsWith('.spicerack'))
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}
