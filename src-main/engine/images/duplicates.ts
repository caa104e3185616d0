import { countBits } from './perceptual-hash.ts'

/** Hamming distance up to which two images count as near duplicates, of 64 bits. */
const nearDuplicateDistance = 3

/**
 * Group of each image by equal content: the index of the first image with that hash; -1 where there is no second one, or no hash.
 */
export function exactDuplicateGroups(contentHashes: readonly (string | null)[]): Int32Array {
  const sets = createDisjointSets(contentHashes.length)
  uniteEqual(contentHashes, sets)
  return sets.groups()
}

/**
 * Group of each image by perceptual hash: the index of its first image; -1 for an image alone, or without a hash.
 *
 * Images are linked when their hashes differ in at most `maxDistance` bits; a group is all that is linked, directly or by way of others.
 * Multi-index hashing: two hashes within d bits agree within d/4 bits in at least one of four 16-bit parts, so only those are compared.
 *
 * @param maxDistance 0-11
 * @source Norouzi, Punjani, Fleet, "Fast Exact Search in Hamming Space with Multi-Index Hashing", section 3
 */
export function nearDuplicateGroups(perceptualHashes: readonly (string | null)[], maxDistance: number = nearDuplicateDistance): Int32Array {
  const sets = createDisjointSets(perceptualHashes.length)
  const distinct = uniteEqual(perceptualHashes, sets)
  const high = Int32Array.from(distinct, (image) => Number.parseInt(perceptualHashes[image]!.slice(0, 8), 16))
  const low = Int32Array.from(distinct, (image) => Number.parseInt(perceptualHashes[image]!.slice(8), 16))
  const flips = flipsWithin(Math.floor(maxDistance / 4))
  for (let part = 0; part < 4; part++) {
    const words = part < 2 ? high : low
    const keys = Uint16Array.from(words, (word) => (part % 2 === 0 ? word >>> 16 : word))
    const buckets = createBuckets(keys)
    for (let a = 0; a < distinct.length; a++)
      for (const flip of flips) {
        const key = keys[a]! ^ flip
        for (let slot = buckets.starts[key]!, end = buckets.starts[key + 1]!; slot < end; slot++) {
          const b = buckets.members[slot]!
          if (b >= a) break
          if (countBits(high[a]! ^ high[b]!) + countBits(low[a]! ^ low[b]!) <= maxDistance) sets.unite(distinct[a]!, distinct[b]!)
        }
      }
  }
  return sets.groups()
}

/** Unites images with equal hashes; returns the first image of each distinct hash, in order. */
function uniteEqual(hashes: readonly (string | null)[], sets: DisjointSets): number[] {
  const firstOf = new Map<string, number>()
  for (const [image, hash] of hashes.entries()) {
    if (hash === null) continue
    const first = firstOf.get(hash)
    if (first === undefined) firstOf.set(hash, image)
    else sets.unite(first, image)
  }
  return [...firstOf.values()]
}

/** Every 16-bit mask with at most `maxBits` bits set. */
function flipsWithin(maxBits: number): number[] {
  const flips: number[] = []
  for (let mask = 0; mask < 1 << 16; mask++) if (countBits(mask) <= maxBits) flips.push(mask)
  return flips
}

/** Members of each 16-bit key, ascending: those of `key` are `members[starts[key]]` to `members[starts[key + 1] - 1]`. */
function createBuckets(keys: Uint16Array): { starts: Int32Array; members: Int32Array } {
  const starts = new Int32Array((1 << 16) + 1)
  for (const key of keys) starts[key + 1]!++
  for (let key = 0; key < 1 << 16; key++) starts[key + 1]! += starts[key]!
  const next = starts.slice()
  const members = new Int32Array(keys.length)
  for (let index = 0; index < keys.length; index++) members[next[keys[index]!]!++] = index
  return { starts, members }
}

interface DisjointSets {
  unite(a: number, b: number): void
  /** The smallest member of each one's set; -1 for a set of one. */
  groups(): Int32Array
}

function createDisjointSets(count: number): DisjointSets {
  const parents = Int32Array.from({ length: count }, (_, index) => index)
  const find = (member: number): number => {
    let root = member
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]!]!
      root = parents[root]!
    }
    return root
  }
  return {
    unite(a, b) {
      const rootA = find(a)
      const rootB = find(b)
      parents[Math.max(rootA, rootB)] = Math.min(rootA, rootB)
    },
    groups() {
      const roots = Int32Array.from(parents, (_, member) => find(member))
      const sizes = new Int32Array(count)
      for (const root of roots) sizes[root]!++
      return roots.map((root) => (sizes[root]! > 1 ? root : -1))
    },
  }
}
