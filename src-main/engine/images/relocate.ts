import type { FoundFile } from './scan-folder.ts'

/** A file as the project remembers it. `contentHash` is null for one that could not be read. */
export type KnownFile = Readonly<{ relativePath: string; contentHash: string | null; sizeBytes: number; mtimeMs: number }>

/** What a new scan of the folder means for what is known of it. Each known file is in exactly one of unchanged, moved, changed, missing. */
export type Relocation<Known extends KnownFile> = Readonly<{
  /** Same content at the same path; `found` carries the new time when the file was only touched. */
  unchanged: readonly Readonly<{ known: Known; found: FoundFile }>[]
  /** Same content at another path. */
  moved: readonly Readonly<{ known: Known; found: FoundFile }>[]
  /** Other content at the same path: to be decoded anew. */
  changed: readonly Readonly<{ known: Known; found: FoundFile }>[]
  /** To be decoded. */
  added: readonly FoundFile[]
  missing: readonly Known[]
}>

/**
 * SHA-256 of a found file, or null when it cannot be read. `place` tells how many files were hashed before it, and how many will be as far
 * as is known.
 */
export type HashOf = (file: FoundFile, place: Readonly<{ done: number; total: number }>) => Promise<string | null>

/**
 * Matches a new scan with the known files: first by relative path (same size and time: the same; else by hash), then by hash.
 *
 * Only files that might match are hashed: those at a known path whose size or time differs, and those at a new path with the size of a
 * known file not found at its place. Equal contents are matched in the order given, so the result is deterministic.
 */
export async function relocate<Known extends KnownFile>(
  known: readonly Known[],
  found: readonly FoundFile[],
  hashOf: HashOf,
): Promise<Relocation<Known>> {
  const knownAt = new Map(known.map((file) => [file.relativePath, file]))
  const unchanged: { known: Known; found: FoundFile }[] = []
  const touched: FoundFile[] = []
  const newPaths: FoundFile[] = []
  const settled = new Set<Known>()
  for (const file of found) {
    const before = knownAt.get(file.relativePath)
    if (!before) newPaths.push(file)
    else if (before.sizeBytes === file.sizeBytes && before.mtimeMs === file.mtimeMs) {
      unchanged.push({ known: before, found: file })
      settled.add(before)
    } else touched.push(file)
  }
  const hashes = new Map<FoundFile, string | null>()
  const hashAll = async (files: readonly FoundFile[]): Promise<void> => {
    const total = hashes.size + files.length
    for (const file of files) hashes.set(file, await hashOf(file, { done: hashes.size, total }))
  }
  await hashAll(touched)
  for (const file of touched) {
    const before = knownAt.get(file.relativePath)!
    const contentHash = hashes.get(file) ?? null
    if (contentHash === null || contentHash !== before.contentHash) continue
    unchanged.push({ known: before, found: file })
    settled.add(before)
  }

  const lost = known.filter((file) => !settled.has(file))
  const lostSizes = new Set(lost.filter((file) => file.contentHash !== null).map((file) => file.sizeBytes))
  const lostByHash = Map.groupBy(lost, (file) => file.contentHash)
  const openFiles = [...touched.filter((file) => !settled.has(knownAt.get(file.relativePath)!)), ...newPaths].sort(byPathBytes)
  await hashAll(openFiles.filter((file) => !hashes.has(file) && lostSizes.has(file.sizeBytes)))
  const moved: { known: Known; found: FoundFile }[] = []
  const rest: FoundFile[] = []
  for (const file of openFiles) {
    const contentHash = hashes.get(file) ?? null
    const match = contentHash === null ? undefined : lostByHash.get(contentHash)?.shift()
    if (!match) {
      rest.push(file)
      continue
    }
    moved.push({ known: match, found: file })
    settled.add(match)
  }

  const changed: { known: Known; found: FoundFile }[] = []
  const added: FoundFile[] = []
  for (const file of rest) {
    const before = knownAt.get(file.relativePath)
    if (before && !settled.has(before)) {
      changed.push({ known: before, found: file })
      settled.add(before)
    } else added.push(file)
  }
  return { unchanged, moved, changed, added, missing: known.filter((file) => !settled.has(file)) }
}

function byPathBytes(a: FoundFile, b: FoundFile): number {
  return Buffer.compare(Buffer.from(a.relativePath), Buffer.from(b.relativePath))
}
