import { expect, it } from 'vitest'
import { partOf } from '#engine/clustering/pause.ts'

it('never says that more than all is done, whatever the parts round to', () => {
  const told: number[] = []
  const whole = { onProgress: (ratio: number) => void told.push(ratio) }
  for (let parts = 1; parts <= 30; parts++)
    for (let part = 0; part < parts; part++) partOf(whole, 0.2 + (0.8 * part) / parts, 0.2 + (0.8 * (part + 1)) / parts).onProgress?.(1)
  expect(Math.max(...told)).toBe(1)
  expect(told[0]).toBe(1)
})

it('tells the share of the whole', () => {
  const told: number[] = []
  const half = partOf({ onProgress: (ratio) => void told.push(ratio) }, 0.5, 1)
  for (const ratio of [0, 0.5, 1]) half.onProgress?.(ratio)
  expect(told).toEqual([0.5, 0.75, 1])
})
