import type { ClassId, ClusterId, Edit, ImageId } from '#shared/entities.ts'
import type { Connection } from './connection.ts'
import { unpackChanges } from './edit-changes.ts'

type EditRow = Readonly<{ kind: Edit['kind']; at: number; changes: Buffer }>

/** One act of a person that changed what is known of an image: where it went, or which class it, or its cluster, got; null for none. */
export type HistoryEntry = Readonly<{ kind: Edit['kind']; at: number; clusterId: ClusterId | null; classId: ClassId | null }>

/** What people did with one image, and with the class of the cluster that it is in; latest first. What was undone is left out. */
export function readImageHistory({ sql }: Connection, imageId: ImageId, clusterId: ClusterId | null): HistoryEntry[] {
  const entries: HistoryEntry[] = []
  const edits = sql.prepare<[], EditRow>('SELECT kind, at, changes FROM edits WHERE undone = 0 ORDER BY id DESC')
  for (const { kind, at, changes } of edits.iterate()) {
    let entry: HistoryEntry | undefined
    for (const change of unpackChanges(changes)) {
      if (change.kind === 'mapping' && change.clusterId === clusterId) entry = { kind, at, clusterId, classId: change.after }
      if (change.kind !== 'images') continue
      const after = change.groups.find(({ ids }) => ids.includes(imageId))?.after
      if (after === undefined) continue
      const isClass = change.fact === 'human' || change.fact === 'imported'
      entry = {
        ...{ kind, at, clusterId: entry?.clusterId ?? null, classId: entry?.classId ?? null },
        ...(change.fact === 'placement' ? { clusterId: after as ClusterId | null } : {}),
        ...(isClass ? { classId: after as ClassId | null } : {}),
      }
    }
    if (entry) entries.push(entry)
  }
  return entries
}
