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

/** Sets of this many hashes are compared pair by pair at once. */
const fewHashes = 48

const stepsBetweenPauses = 20_000

/**
 * Group of each image by perceptual hash: the index of its first image; -1 for an image alone, or without a hash.
 *
 * Images are linked when their hashes differ in at most `maxDistance` bits; a group is all that is linked, directly or by way of others.
 * Multi-index hashing: two hashes within d bits agree wholly in at least one of d + 1 parts, so only those that do are compared.
 *
 * Differs from the paper: the parts are chosen anew for each set of hashes, of the bits in which its hashes differ, and a set that agrees
 * in a part is divided again. So hashes that have much in common (products before a white wall) are told apart by what they have not.
 *
 * @param maxDistance 0-11
 * @param pause called every 20,000 steps (looks at a hash, comparisons of two), so that others get their turn; may throw to stop
 * @source Norouzi, Punjani, Fleet, "Fast Exact Search in Hamming Space with Multi-Index Hashing", section 3; Manku, Jain, Das Sarma,
 * "Detecting Near-Duplicates for Web Crawling", section 3
 */
export async function nearDuplicateGroups(
  perceptualHashes: readonly (string | null)[],
  { maxDistance = nearDuplicateDistance, pause = async () => {} }: Readonly<{ maxDistance?: number; pause?: () => Promise<void> }> = {},
): Promise<Int32Array> {
  const sets = createDisjointSets(perceptualHashes.length)
  const distinct = uniteEqual(perceptualHashes, sets)
  const hashes: Hashes = {
    high: Int32Array.from(distinct, (image) => Number.parseInt(perceptualHashes[image]!.slice(0, 8), 16)),
    low: Int32Array.from(distinct, (image) => Number.parseInt(perceptualHashes[image]!.slice(8), 16)),
  }
  let steps = 0
  const take: TakeSteps = async (count) => {
    steps += count
    if (steps < stepsBetweenPauses) return
    steps = 0
    await pause()
  }
  await take(distinct.length)
  const open: number[][] = [Array.from(distinct.keys())]
  for (let members = open.pop(); members; members = open.pop()) {
    const bits = members.length > fewHashes ? differingBits(hashes, members) : undefined
    await take(members.length)
    const parts =
      bits && bits.length > maxDistance && maxDistance > 0
        ? await divide(hashes, members, dealBits(bits, maxDistance + 1), take)
        : undefined
    if (parts) for (const part of parts) open.push(part)
    else await walk(hashes, members, maxDistance, (a, b) => sets.unite(distinct[a]!, distinct[b]!), take)
  }
  return sets.groups()
}

/** 64 bits of each distinct hash. */
type Hashes = Readonly<{ high: Int32Array; low: Int32Array }>

/** The bits (0-63, 0 the lowest) in which not all of these hashes agree, those first that divide them most evenly. */
function differingBits({ high, low }: Hashes, members: readonly number[]): number[] {
  const counts = new Int32Array(64)
  for (const member of members) {
    for (let word = low[member]!, bit = 0; word !== 0; word >>>= 1, bit++) counts[bit]! += word & 1
    for (let word = high[member]!, bit = 32; word !== 0; word >>>= 1, bit++) counts[bit]! += word & 1
  }
  const unevenness = (bit: number): number => Math.abs(2 * counts[bit]! - members.length)
  return Array.from(counts.keys())
    .filter((bit) => counts[bit]! > 0 && counts[bit]! < members.length)
    .sort((a, b) => unevenness(a) - unevenness(b) || a - b)
}

/** Counts steps. */
type TakeSteps = (count: number) => Promise<void>

type Mask = Readonly<{ high: number; low: number }>

/** Deals the bits out to as many parts, so that each tells about equally much. */
function dealBits(bits: readonly number[], partCount: number): Mask[] {
  const masks = Array.from({ length: partCount }, () => ({ high: 0, low: 0 }))
  for (const [index, bit] of bits.entries()) {
    const mask = masks[index % partCount]!
    if (bit < 32) mask.low |= 1 << bit
    else mask.high |= 1 << (bit - 32)
  }
  return masks
}

/**
 * The sets of two or more members that agree in one of the parts (and a few more, where two keys are equal by chance); undefined where to
 * compare within them is hardly less work than to compare all.
 */
async function divide(
  { high, low }: Hashes,
  members: readonly number[],
  masks: readonly Mask[],
  take: TakeSteps,
): Promise<number[][] | undefined> {
  const sets: number[][] = []
  let pairCount = 0
  for (const mask of masks) {
    const byKey = new Map<number, number[]>()
    for (const member of members) {
      const key = Math.imul(high[member]! & mask.high, 0x9e3779b1) ^ (low[member]! & mask.low)
      const set = byKey.get(key)
      if (set) set.push(member)
      else byKey.set(key, [member])
    }
    for (const set of byKey.values()) {
      if (set.length < 2) continue
      sets.push(set)
      pairCount += set.length ** 2
    }
    await take(members.length)
  }
  return pairCount <= members.length ** 2 / 2 ? sets : undefined
}

/** Unites all that is linked among these. Whoever was reached is compared with no other, so where most are linked this is soon done. */
async function walk(
  { high, low }: Hashes,
  members: readonly number[],
  maxDistance: number,
  unite: (a: number, b: number) => void,
  take: TakeSteps,
): Promise<void> {
  const unreached = Int32Array.from(members)
  let left = unreached.length
  while (left > 0) {
    const open = [unreached[--left]!]
    for (let a = open.pop(); a !== undefined; a = open.pop()) {
      await take(left)
      for (let slot = 0; slot < left; ) {
        const b = unreached[slot]!
        if (countBits(high[a]! ^ high[b]!) + countBits(low[a]! ^ low[b]!) > maxDistance) {
          slot++
          continue
        }
        unite(a, b)
        open.push(b)
        unreached[slot] = unreached[--left]!
      }
    }
  }
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
