import { createHash } from 'node:crypto'
import type { OpenProject } from '#engine/database/project.ts'

/** As many lists as pages that are open at once may ask for. */
const mostLists = 8

/** The latest lists of ids by their hash, for each open project. */
const kept = new WeakMap<OpenProject, Map<string, Int32Array>>()

/** Keeps a list until it is fetched at the address given back; the oldest make room. */
export function keepIdList(project: OpenProject, ids: Int32Array): string {
  const lists = kept.get(project) ?? new Map<string, Int32Array>()
  kept.set(project, lists)
  const hash = createHash('sha256')
    .update(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength))
    .digest('hex')
    .slice(0, 32)
  lists.delete(hash)
  lists.set(hash, ids)
  for (const oldest of lists.keys()) if (lists.size > mostLists) lists.delete(oldest)
  return `/ids/${hash}`
}

export function findIdList(project: OpenProject, hash: string): Int32Array | undefined {
  return kept.get(project)?.get(hash)
}
