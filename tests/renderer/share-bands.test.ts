import { expect, it } from 'vitest'
import { bandAt, toBands } from '../../src-renderer/components/run/share-bands.ts'

const points = (values: Readonly<Record<number, number>>) => Object.entries(values).map(([step, value]) => ({ step: Number(step), value }))

it('stacks the shares of clusters, the largest at the start lowest, at the steps that all have', () => {
  const { steps, bands } = toBands([
    { cluster: 0, points: points({ 0: 0.25, 10: 0.5, 20: 0.5 }) },
    { cluster: 1, points: points({ 0: 0.25, 10: 0, 20: 0.5 }) },
    { cluster: 2, points: points({ 0: 0.5, 10: 0.5 }) },
  ])
  expect(steps).toEqual([0, 10])
  expect(bands).toEqual([
    { cluster: 2, first: 0.5, last: 0.5, from: [0, 0], to: [0.5, 0.5] },
    { cluster: 0, first: 0.25, last: 0.5, from: [0.5, 0.5], to: [0.75, 1] },
    { cluster: 1, first: 0.25, last: 0, from: [0.75, 1], to: [1, 1] },
  ])
  expect([0.1, 0.6, 0.99].map((height) => bandAt(bands, 1, height)?.cluster)).toEqual([2, 0, 0])
  expect(bandAt(bands, 0, 0.8)?.cluster).toBe(1)
  expect(bandAt(bands, 0, 1)).toBeUndefined()
  expect(toBands([])).toEqual({ steps: [], bands: [] })
})
