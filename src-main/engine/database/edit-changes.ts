import type { ClassId, ClusterId, ImageId } from '#shared/entities.ts'
import { packImageIds, unpackImageIds } from './image-id-list.ts'
import type { ClassRow } from './tables/classes.ts'
import type { ClusterRow } from './tables/clusters.ts'
import type { AdviceKey } from './tables/dismissed-advice.ts'

/**
 * What a person decides about an image: its cluster, that it is rejected (1), its class, that all this stands against a clustering (its
 * id), what they said when they looked at it for an audit (its id where the label was right, minus its id where it was wrong). Null =
 * nothing decided.
 */
export type ImageFact = 'placement' | 'rejection' | 'human' | 'imported' | 'settlement' | 'audit'
export type FactGroup = Readonly<{ before: number | null; after: number | null; ids: readonly ImageId[] }>

/** What an edit did to the tables; applied forwards it is the edit, backwards its inverse. */
export type Change =
  | Readonly<{ kind: 'images'; fact: ImageFact; groups: readonly FactGroup[] }>
  | Readonly<{ kind: 'cluster'; before: ClusterRow; after: ClusterRow }>
  | Readonly<{ kind: 'class'; before: ClassRow; after: ClassRow }>
  | Readonly<{ kind: 'mapping'; clusterId: ClusterId; before: ClassId | null; after: ClassId | null }>
  | Readonly<{ kind: 'dismissal'; advice: AdviceKey; before: boolean; after: boolean }>

type PackedGroup = Readonly<{ before: number | null; after: number | null; bytes: number }>

/** Changes as bytes: the length of a JSON text (4 bytes), the text, then the image ids of each group, packed. */
export function packChanges(changes: readonly Change[]): Uint8Array {
  const lists: Uint8Array[] = []
  const header = changes.map((change) => {
    if (change.kind !== 'images') return change
    const groups = change.groups.map(({ before, after, ids }): PackedGroup => {
      const packed = packImageIds(ids)
      lists.push(packed)
      return { before, after, bytes: packed.length }
    })
    return { ...change, groups }
  })
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  return Buffer.concat([length, text, ...lists])
}

/** The inverse of {@link packChanges}. */
export function unpackChanges(bytes: Buffer): Change[] {
  let offset = 4 + bytes.readUInt32LE(0)
  const header = JSON.parse(bytes.toString('utf8', 4, offset)) as (
    | Exclude<Change, { kind: 'images' }>
    | { kind: 'images'; fact: ImageFact; groups: PackedGroup[] }
  )[]
  return header.map((change) => {
    if (change.kind !== 'images') return change
    const groups = change.groups.map(({ before, after, bytes: size }): FactGroup => {
      const ids = unpackImageIds(bytes.subarray(offset, offset + size))
      offset += size
      return { before, after, ids }
    })
    return { ...change, groups }
  })
}
