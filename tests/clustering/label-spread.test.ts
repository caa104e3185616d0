import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spreadSources } from '#engine/clustering/label-spread.ts'
import { createRandom } from '#engine/ml/random.ts'
import { solve } from './linear-equations.ts'
import { randomGraph } from './random-graph.ts'

/** (1 - a) (I - a S)^-1 Y, by elimination. */
function slowSpread(table: readonly (readonly number[])[], sources: readonly (readonly number[])[], passedOn: number): number[][] {
  const degrees = table.map((row) => row.reduce((sum, weight) => sum + weight, 0))
  const system = table.map((row, image) =>
    row.map(
      (weight, other) => Number(image === other) - (weight > 0 ? (passedOn * weight) / Math.sqrt(degrees[image] * degrees[other]) : 0),
    ),
  )
  return solve(
    system,
    sources.map((row) => row.map((value) => (1 - passedOn) * value)),
  )
}

describe('spread along the graph', () => {
  it('is the closed form, within about a per cent of what was given', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 30 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(0.5, 0.9, 0.99),
        fc.integer({ min: 0, max: 999 }),
        (count, columnCount, passedOn, seed) => {
          const { graph, table } = randomGraph(count, seed)
          const random = createRandom(seed)
          const sources = table.map(() => Array.from({ length: columnCount }, () => Number(random.uniform() < 0.2)))
          const reached = spreadSources(graph, Float32Array.from(sources.flat()), columnCount, passedOn)
          const error = Math.hypot(
            ...slowSpread(table, sources, passedOn)
              .flat()
              .map((value, place) => value - reached[place]),
          )
          expect(error).toBeLessThanOrEqual(0.012 * Math.hypot(...sources.flat()))
        },
      ),
    )
  })

  it('adds up: two sources together reach what each reaches alone', () => {
    const { graph } = randomGraph(20, 3)
    const one = Float32Array.from({ length: 20 }, (_, image) => Number(image === 2))
    const other = Float32Array.from({ length: 20 }, (_, image) => Number(image === 9))
    const both = spreadSources(
      graph,
      one.map((value, image) => value + other[image]),
      1,
      0.95,
    )
    const [left, right] = [one, other].map((source) => spreadSources(graph, source, 1, 0.95))
    for (const [image, value] of both.entries()) expect(value).toBeCloseTo(left[image] + right[image], 5)
  })
})
