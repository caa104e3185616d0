import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { applyRegularView, type RegularView } from '#engine/ml/augmentations/regular-view.ts'
import { availableBackends, useBackend } from '../../backends.ts'
import { fixedImages } from '../fixed-values.ts'

const whole: RegularView = { top: 0, left: 0, extent: 1, isMirrored: false }

/** The same by loops: each output pixel is the mean of the input pixels under a triangle that is at least one pixel wide to each side. */
function slowView(images: number[][][][], view: RegularView, side: number): number[][][][] {
  const inputSide = images[0]!.length
  const weightsOf = (start: number, output: number): number[] => {
    const extent = view.extent * inputSide
    const scale = extent / side
    const centre = start * inputSide + (output + 0.5) * scale - 0.5
    const weights = Array.from({ length: inputSide }, (_, input) => {
      const isInside = input >= start * inputSide && input < start * inputSide + extent
      return isInside ? Math.max(0, 1 - Math.abs(input - centre) / Math.max(scale, 1)) : 0
    })
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return weights.map((weight) => weight / sum)
  }
  const indices = Array.from({ length: side }, (_, index) => index)
  return images.map((image) =>
    indices.map((y) =>
      indices.map((x) => {
        const rows = weightsOf(view.top, y)
        const columns = weightsOf(view.left, view.isMirrored ? side - 1 - x : x)
        return [0, 1, 2].map((c) =>
          rows.reduce((sum, row, i) => sum + columns.reduce((part, column, j) => part + row * column * image[i]![j]![c]!, 0), 0),
        )
      }),
    ),
  )
}

describe.each(await availableBackends())('a regular view on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  it.each([
    ['enlarged', whole, 20],
    ['reduced', whole, 5],
    ['mirrored', { ...whole, isMirrored: true }, 12],
    ['cut', { top: 0.25, left: 0, extent: 0.5, isMirrored: false }, 9],
  ] as const)('%s equals loops', async (_, view, side) => {
    const images = fixedImages(2, 12, 4)
    const found = applyRegularView(images, view, side)
    const expected = slowView((await images.array()) as number[][][][], view, side).flat(3)
    const values = await found.data()
    expect(found.shape).toEqual([2, side, side, 3])
    expect(Math.max(...expected.map((value, place) => Math.abs(value - values[place]!)))).toBeLessThan(1e-5)
    tf.dispose([images, found])
  })

  it('leaves an image of the wanted side as it is, and no tensor behind', () => {
    const images = fixedImages(1, 8, 1)
    const before = tf.memory().numTensors
    const same = applyRegularView(images, whole, 8)
    const mirrored = applyRegularView(images, { ...whole, isMirrored: true }, 8)
    expect(tf.memory().numTensors).toBe(before + 2)
    if (backend !== 'webgpu') expect([...same.dataSync()]).toEqual([...images.dataSync()])
    tf.dispose([images, same, mirrored])
  })
})
