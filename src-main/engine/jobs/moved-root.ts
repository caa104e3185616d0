import { statSync } from 'node:fs'
import type { OpenProject } from '#engine/database/project.ts'
import type { HashOf } from '#engine/images/relocate.ts'
import type { FoundFile } from '#engine/images/scan-folder.ts'
import type { Root } from '#shared/entities.ts'

/** So many files, spread over the folder, are read to see that they are the same; all of them where there is doubt. */
const sampleSize = 64
/** Doubt: a larger share of the known images than this is not in its place. */
const trustedShare = 0.1

type Pair = Readonly<{ found: FoundFile; contentHash: string }>
/** A root whose folder is gone, how many images it has, and the files here in their places: of the same relative path and size. */
type Candidate = Readonly<{ root: Root; imageCount: number; pairs: readonly Pair[] }>

/**
 * The root whose folder was moved here: its path is gone, and half of its images or more are among the files found, at the same relative
 * paths and with the same contents. Of several, the one with most; undefined when there is none, or the folder is known already.
 */
export async function findMovedRoot(
  project: OpenProject,
  folder: string,
  files: readonly FoundFile[],
  hashOf: HashOf,
): Promise<Root | undefined> {
  const roots = project.project.roots()
  if (roots.some(({ path }) => path === folder)) return undefined
  const foundAt = new Map(files.map((file) => [file.relativePath, file]))
  const candidates = roots
    .filter(({ path }) => isGone(path))
    .map((root) => toCandidate(project, root, foundAt))
    .filter((candidate) => isHalf(candidate.pairs.length, candidate))
  let best: { root: Root; sameCount: number } | undefined
  for (const candidate of candidates) {
    const sameCount = await countSame(candidate, candidates.length > 1, hashOf)
    if (isHalf(sameCount, candidate) && sameCount > (best?.sameCount ?? 0)) best = { root: candidate.root, sameCount }
  }
  return best?.root
}

function isGone(path: string): boolean {
  try {
    return !statSync(path, { throwIfNoEntry: false })?.isDirectory()
  } catch {
    return false
  }
}

function toCandidate(project: OpenProject, root: Root, foundAt: ReadonlyMap<string, FoundFile>): Candidate {
  const images = project.images.ofRoot(root.id).filter(({ status, contentHash }) => status === 'ok' && contentHash !== null)
  const pairs = images.flatMap(({ path, sizeBytes, contentHash }) => {
    const found = foundAt.get(path)
    return found?.sizeBytes === sizeBytes ? [{ found, contentHash: contentHash! }] : []
  })
  return { root, imageCount: images.length, pairs }
}

function isHalf(count: number, { imageCount }: Candidate): boolean {
  return count > 0 && 2 * count >= imageCount
}

/** How many of the pairs have the same content, as far as a sample tells where there is no doubt. */
async function countSame({ pairs, imageCount }: Candidate, isDoubtful: boolean, hashOf: HashOf): Promise<number> {
  const countIn = async (some: readonly Pair[]): Promise<number> => {
    let count = 0
    for (const [done, { found, contentHash }] of some.entries())
      if ((await hashOf(found, { done, total: some.length })) === contentHash) count += 1
    return count
  }
  const every = Math.max(1, Math.floor(pairs.length / sampleSize))
  const sample = pairs.filter((_, index) => index % every === 0).slice(0, sampleSize)
  const isInPlace = pairs.length >= (1 - trustedShare) * imageCount
  if (!isDoubtful && isInPlace && (await countIn(sample)) === sample.length) return pairs.length
  return countIn(pairs)
}
