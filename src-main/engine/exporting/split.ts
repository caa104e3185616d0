import { hash } from 'node:crypto'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { type ExportRow, type SplitName, type SplitRatios, splitNames } from './export-row.ts'

/** `order`: both halves of a number of 64 bits. */
type Group = Readonly<{ rowIndices: readonly number[]; classKey: string; order: Halves; tie: string }>
type Halves = Readonly<{ upper: number; lower: number }>

/**
 * The side of every row, in the order of `rows`. Stratified by class: in each class every side is within
 * one duplicate group of its share. Exact and near duplicates stay together. The same rows, ratios and
 * seed give the same sides whatever the order of the rows.
 *
 * The groups of a class are laid end to end around a circle in an order, and from a start, that both
 * depend on the seed; each belongs to the arc its middle falls in. So small classes are not biased
 * towards one side.
 * @throws BAD_INPUT when the ratios are not shares that sum to 1.
 */
export function assignSplits(rows: readonly ExportRow[], classKeys: readonly string[], ratios: SplitRatios, seed: number): SplitName[] {
  checkRatios(ratios)
  const byClass = Map.groupBy(groupDuplicates(rows, classKeys, seed), (group) => group.classKey)
  const sides = new Array<SplitName>(rows.length)
  for (const [classKey, groups] of byClass) {
    groups.sort((a, b) => a.order.upper - b.order.upper || a.order.lower - b.order.lower || (a.tie < b.tie ? -1 : 1))
    const size = groups.reduce((sum, group) => sum + group.rowIndices.length, 0)
    let position = toUnitInterval(hashOf(seed, `start ${classKey}`)) * size
    for (const group of groups) {
      const middle = (position + group.rowIndices.length / 2) % size
      const side = sideAt(middle / size, ratios)
      for (const index of group.rowIndices) sides[index] = side
      position += group.rowIndices.length
    }
  }
  return sides
}

/** @throws BAD_INPUT when the ratios are not shares that sum to 1. */
function checkRatios(ratios: SplitRatios): void {
  const values = splitNames.map((name) => ratios[name])
  const sum = values.reduce((total, value) => total + value, 0)
  if (values.every((value) => value >= 0 && value <= 1) && Math.abs(sum - 1) < 1e-6) return
  throw new SpicerackError('BAD_INPUT', say('splitSum', { shares: values.join(' / ') }), {
    advice: say('giveShares'),
  })
}

function sideAt(position: number, ratios: SplitRatios): SplitName {
  const sides = splitNames.filter((name) => ratios[name] > 0)
  let end = 0
  for (const side of sides) {
    end += ratios[side]
    if (position < end) return side
  }
  return sides.at(-1) ?? 'train'
}

/** Rows joined by an exact or near group, directly or through others; the most frequent class is the group's. */
function groupDuplicates(rows: readonly ExportRow[], classKeys: readonly string[], seed: number): Group[] {
  const parent = Int32Array.from(rows.keys())
  const find = (index: number): number => {
    let root = index
    while (parent[root] !== root) root = parent[root] as number
    let walk = index
    while (parent[walk] !== root) {
      const next = parent[walk] as number
      parent[walk] = root
      walk = next
    }
    return root
  }
  for (const key of ['contentHash', 'exactGroup', 'nearGroup'] as const) {
    const firstOf = new Map<string | number, number>()
    for (const [index, row] of rows.entries()) {
      const value = row[key]
      if (value === null || value === -1) continue
      const first = firstOf.get(value)
      if (first === undefined) firstOf.set(value, index)
      else parent[find(index)] = find(first)
    }
  }
  const groups = Map.groupBy(rows.keys(), find)
  return Array.from(groups.values(), (rowIndices) => {
    const [tie = ''] = rowIndices.map((index) => rows[index]?.contentHash ?? '').sort()
    const classKey = mostFrequent(rowIndices.map((index) => classKeys[index] ?? ''))
    return { rowIndices, classKey, order: hashOf(seed, tie), tie }
  })
}

function mostFrequent(names: readonly string[]): string {
  if (names.length === 1) return names[0]!
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].reduce((best, next) => (next[1] > best[1] || (next[1] === best[1] && next[0] < best[0]) ? next : best))[0]
}

function hashOf(seed: number, text: string): Halves {
  const digest = hash('sha256', `${seed}\n${text}`, 'buffer')
  return { upper: digest.readUInt32BE(0), lower: digest.readUInt32BE(4) }
}

/** The upper 53 bits of 64, as a share of 1. */
function toUnitInterval({ upper, lower }: Halves): number {
  return (upper * 2 ** 21 + (lower >>> 11)) / 2 ** 53
}
