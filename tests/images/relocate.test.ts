import { expect, test } from 'vitest'
import { type KnownFile, relocate } from '#engine/images/relocate.ts'
import type { FoundFile } from '#engine/images/scan-folder.ts'

const known = (relativePath: string, contentHash: string | null, sizeBytes = 10, mtimeMs = 1): KnownFile => ({
  relativePath,
  contentHash,
  sizeBytes,
  mtimeMs,
})
const found = (relativePath: string, sizeBytes = 10, mtimeMs = 1): FoundFile => ({ kind: 'file', relativePath, sizeBytes, mtimeMs })

/** Relocates, and lists what happened as text together with the files that were hashed. */
async function outcome(before: KnownFile[], now: FoundFile[], hashes: Record<string, string | null> = {}) {
  const hashed: string[] = []
  const result = await relocate(before, now, async (file) => {
    hashed.push(file.relativePath)
    return hashes[file.relativePath] ?? null
  })
  const arrows = (pairs: typeof result.moved) => pairs.map((pair) => `${pair.known.relativePath} > ${pair.found.relativePath}`)
  return {
    unchanged: arrows(result.unchanged),
    moved: arrows(result.moved),
    changed: arrows(result.changed),
    added: result.added.map((file) => file.relativePath),
    missing: result.missing.map((file) => file.relativePath),
    hashed,
  }
}

const nothing = { unchanged: [], moved: [], changed: [], added: [], missing: [], hashed: [] }

test('an unchanged folder, and a new file of another size, are not read at all', async () => {
  expect(await outcome([known('a', 'A'), known('b', null)], [found('a'), found('b'), found('c', 11)])).toEqual({
    ...nothing,
    unchanged: ['a > a', 'b > b'],
    added: ['c'],
  })
})

test('touched is unchanged, edited is changed, removed is missing', async () => {
  const before = [known('a', 'A'), known('b', 'B'), known('c', 'C')]
  expect(await outcome(before, [found('a', 10, 2), found('b', 12, 2)], { a: 'A', b: 'X' })).toEqual({
    ...nothing,
    unchanged: ['a > a'],
    changed: ['b > b'],
    missing: ['c'],
    hashed: ['a', 'b'],
  })
})

test('a renamed folder: all moved; two equal contents in order', async () => {
  const before = [known('old/1', 'A'), known('old/2', 'A'), known('old/3', 'B', 20)]
  const now = [found('new/1', 10, 5), found('new/2', 10, 5), found('new/3', 20, 5), found('new/4', 10, 5)]
  expect(await outcome(before, now, { 'new/1': 'A', 'new/2': 'A', 'new/3': 'B', 'new/4': 'A' })).toEqual({
    ...nothing,
    moved: ['old/1 > new/1', 'old/2 > new/2', 'old/3 > new/3'],
    added: ['new/4'],
    hashed: ['new/1', 'new/2', 'new/3', 'new/4'],
  })
})

test('two files that changed names, and a file put in the place of a moved one', async () => {
  expect(await outcome([known('a', 'A', 10), known('b', 'B', 11)], [found('a', 11), found('b', 10)], { a: 'B', b: 'A' })).toEqual({
    ...nothing,
    moved: ['b > a', 'a > b'],
    hashed: ['a', 'b'],
  })
  expect(await outcome([known('a', 'A')], [found('a', 12), found('z', 10)], { a: 'N', z: 'A' })).toEqual({
    ...nothing,
    moved: ['a > z'],
    added: ['a'],
    hashed: ['a', 'z'],
  })
})

test('each hashed file comes with its place among those to be hashed', async () => {
  const places: string[] = []
  const before = [known('a', 'A'), known('b', 'B'), known('c', 'C', 20)]
  const now = [found('a', 10, 2), found('b', 10, 2), found('d', 20), found('e', 21), found('f', 20)]
  await relocate(before, now, async ({ relativePath }, { done, total }) => {
    places.push(`${relativePath} ${done}/${total}`)
    return relativePath.toUpperCase()
  })
  expect(places).toEqual(['a 0/2', 'b 1/2', 'd 2/4', 'f 3/4'])
})

test('a file that cannot be read now is changed at its place, and no match elsewhere', async () => {
  expect(await outcome([known('a', 'A'), known('b', null)], [found('a', 10, 2), found('c')], {})).toEqual({
    ...nothing,
    changed: ['a > a'],
    added: ['c'],
    missing: ['b'],
    hashed: ['a', 'c'],
  })
})
