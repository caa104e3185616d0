import { expect, test } from 'vitest'
import type { ClusterId } from '#shared/entities.ts'
import { byBand, byConfidence, byId, bySource, type Categories } from '../../src-renderer/components/map/map-colours.ts'

/** The key of each row's entry, and how many rows each entry says it has. */
function read({ categories, indices }: Categories): { keys: string[]; counts: Record<string, number> } {
  return {
    keys: [...indices].map((place) => categories[place].key),
    counts: Object.fromEntries(categories.filter(({ count }) => count > 0).map(({ key, count }) => [key, count])),
  }
}

test('by cluster: each its own entry in listed order; unknown and none together at the end', () => {
  const named = [7, 3].map((id) => ({ id: id as ClusterId, name: `Cluster ${id}`, colour: `#00000${id}`, imageCount: 1 }))
  const found = byId(Int32Array.of(3, 7, -1, 3, 12), named)
  expect(read(found)).toEqual({ keys: ['3', '7', 'none', '3', 'none'], counts: { 7: 1, 3: 2, none: 2 } })
  expect(found.categories.map(({ key, name, colour }) => [key, name, colour])).toEqual([
    ['7', 'Cluster 7', '#000007'],
    ['3', 'Cluster 3', '#000003'],
    ['none', undefined, 'var(--map-none)'],
  ])
  expect(read(byId(Int32Array.of(-1, 5), []))).toEqual({ keys: ['none', 'none'], counts: { none: 2 } })
})

test('by confidence: ten steps from 0 to 1, both ends in one, and none', () => {
  const found = byConfidence(Float32Array.of(0, 0.0999, 0.1, 0.55, 0.999, 1, Number.NaN))
  expect(read(found).keys).toEqual(['step-0', 'step-0', 'step-1', 'step-5', 'step-9', 'step-9', 'none'])
  expect(new Set(found.categories.map(({ colour }) => colour)).size).toBe(11)
})

test('by trust and by source: the numbers of the columns', () => {
  expect(read(byBand(Uint8Array.of(0, 1, 2, 3, 0))).keys).toEqual(['reliable', 'doubtful', 'rejected', 'none', 'reliable'])
  expect(read(bySource(Uint8Array.of(0, 1, 2, 3))).keys).toEqual(['none', 'human', 'imported', 'mapping'])
})
