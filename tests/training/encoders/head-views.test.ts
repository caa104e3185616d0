import { expect, it } from 'vitest'
import { createRandom } from '#engine/ml/random.ts'
import { drawStrongFeatures, toHeadScale } from '#engine/training/encoders/head-views.ts'

const dimension = 50
const viewOf = (offset: number) => ({
  values: Float32Array.from({ length: 4 * dimension }, (_, place) => offset + place),
  count: 4,
  dimension,
})
const views = [viewOf(1000), viewOf(2000)]

it('takes each image from one of its views, whole where nothing is left out', () => {
  const images = Int32Array.of(3, 0, 3, 1)
  const drawn = drawStrongFeatures(views, images, createRandom(2), 0)
  const taken = Array.from(images, (image, place) => {
    const row = drawn.subarray(place * dimension, (place + 1) * dimension)
    const view = views.findIndex(({ values }) => values[image * dimension] === row[0])
    expect([...row]).toEqual([...views[view]!.values.subarray(image * dimension, (image + 1) * dimension)])
    return view
  })
  expect(new Set(taken)).toEqual(new Set([0, 1]))
})

it('leaves out the share it is told, keeps the expectation, and is the same for the same seed', () => {
  const images = new Int32Array(2000).fill(2)
  const draw = (seed: number): Float32Array => drawStrongFeatures([views[0]!], images, createRandom(seed), 0.2)
  const drawn = draw(5)
  const missing = drawn.filter((value) => value === 0).length / drawn.length
  const expected = views[0]!.values.subarray(2 * dimension, 3 * dimension).reduce((sum, value) => sum + value, 0) / dimension
  // Three standard errors of 100,000 draws.
  expect(Math.abs(missing - 0.2)).toBeLessThan(3 * Math.sqrt((0.2 * 0.8) / drawn.length))
  expect(drawn.reduce((sum, value) => sum + value, 0) / drawn.length / expected).toBeCloseTo(1, 2)
  expect(draw(5)).toEqual(drawn)
  expect(draw(6)).not.toEqual(drawn)
})

it('gives unit rows the length of sqrt(dimension)', () => {
  const unit = { values: new Float32Array(2 * 16).fill(0.25), count: 2, dimension: 16 }
  expect([...toHeadScale(unit).values]).toEqual(Array(32).fill(1))
})
