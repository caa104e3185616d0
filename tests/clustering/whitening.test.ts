import * as tf from '@tensorflow/tfjs'
import { describe, expect, it, vi } from 'vitest'
import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { leadingAxes, symmetricEigen } from '#engine/clustering/leading-axes.ts'
import { whitenFeatures, whiteningStrength } from '#engine/clustering/whitening.ts'
import { createRandom } from '#engine/ml/random.ts'
import { onEachBackend } from './each-backend.ts'
import { dot, rowOf } from './synthetic.ts'

/** Gaussian rows whose columns have these spreads, and a mean far from 0. */
function uneven(count: number, spreads: readonly number[], seed: number): Embeddings {
  const random = createRandom(seed)
  const values = Float32Array.from({ length: count * spreads.length }, (_, place) => 3 + spreads[place % spreads.length] * random.normal())
  return { values, count, dimension: spreads.length }
}

describe('eigenvectors of a symmetric matrix', () => {
  it('turn it into its eigenvalues', () => {
    const size = 7
    const random = createRandom(3)
    const half = Array.from({ length: size }, () => Array.from({ length: size }, () => random.normal()))
    const matrix = Float64Array.from({ length: size * size }, (_, place) => dot(half[Math.floor(place / size)], half[place % size]))
    const { values, vectors } = symmetricEigen(matrix, size)
    const column = (index: number) => Array.from({ length: size }, (_, row) => vectors[row * size + index])
    for (let index = 0; index < size; index++) {
      const image = Array.from({ length: size }, (_, row) => dot(Array.from(matrix.subarray(row * size, (row + 1) * size)), column(index)))
      image.forEach((value, row) => {
        expect(value).toBeCloseTo(values[index] * column(index)[row], 9)
      })
      for (let other = 0; other < size; other++) expect(dot(column(index), column(other))).toBeCloseTo(Number(index === other), 9)
    }
  })
})

onEachBackend(() => {
  describe('whitening', () => {
    it('finds the axes of greatest variance', async () => {
      const spreads = Array.from({ length: 40 }, (_, column) => 2 * 0.8 ** column)
      const diagonal = tf.diag(tf.tensor1d(spreads.map((spread) => spread * spread))) as tf.Tensor2D
      const { axes, variances } = await leadingAxes(diagonal, 5, 1)
      diagonal.dispose()
      for (let axis = 0; axis < 5; axis++) {
        expect(variances[axis] / spreads[axis] ** 2).toBeCloseTo(1, 4)
        expect(Math.abs(axes[axis * 40 + axis])).toBeCloseTo(1, 4)
      }
    })

    it('gives all axes the same variance where images are many, before rows are made unit length', async () => {
      const features = uneven(4000, [9, 3, 1, 0.3], 1)
      const tensorCount = tf.memory().numTensors
      const { values, count, dimension } = await whitenFeatures(features, { partDimensions: [4], seed: 1 })
      expect(tf.memory().numTensors).toBe(tensorCount)
      expect({ count, dimension, strength: whiteningStrength(4000, 4) }).toEqual({ count: 4000, dimension: 4, strength: 1 })
      const squares = [0, 0, 0, 0]
      values.forEach((value, place) => {
        squares[place % 4] += value * value
      })
      // Rows are unit length, so that four equal axes share it.
      for (const square of squares) expect(square / count).toBeCloseTo(0.25, 1)
    })

    it('leaves the axes nearly as they are where images are few', async () => {
      expect(whiteningStrength(16, 64)).toBeCloseTo(0.05, 9)
      const { values } = await whitenFeatures(uneven(30, [9, 1, 1, 1], 2), { partDimensions: [4], seed: 1 })
      let first = 0
      for (let row = 0; row < 30; row++) first += values[row * 4] ** 2
      expect(first / 30).toBeGreaterThan(0.6)
    })

    it('lets every part count alike, whatever its scale', async () => {
      const [left, right] = [uneven(200, [5, 2, 1], 1), uneven(200, [1000, 300], 2)]
      const values = new Float32Array(200 * 5)
      for (let row = 0; row < 200; row++) values.set([...rowOf(left, row), ...rowOf(right, row)], row * 5)
      const joined = await whitenFeatures({ values, count: 200, dimension: 5 }, { partDimensions: [3, 2], seed: 1 })
      expect(joined.dimension).toBe(5)
      for (let row = 0; row < 200; row++) {
        expect(dot(rowOf(joined, row).slice(0, 3), rowOf(joined, row).slice(0, 3))).toBeCloseTo(0.5, 4)
        expect(dot(rowOf(joined, row).slice(3), rowOf(joined, row).slice(3))).toBeCloseTo(0.5, 4)
      }
    })

    it('gives the same of rows that are made when they are asked for, a few thousand at a time', async () => {
      const held = uneven(5000, [5, 2, 1, 0.1], 3)
      const asked: number[] = []
      const made = {
        ...{ count: held.count, dimension: held.dimension },
        make(start: number, end: number) {
          asked.push(end - start)
          return held.values.slice(start * held.dimension, end * held.dimension)
        },
      }
      const options = { partDimensions: [3, 1], seed: 1 }
      expect(await whitenFeatures(made, options)).toEqual(await whitenFeatures(held, options))
      expect(Math.max(...asked)).toBeLessThan(held.count / 2)
      held.values[4999 * 4] = Number.NaN
      const message = expect.stringContaining('The embedding of image 4999 is not')
      await expect(whitenFeatures(made, options)).rejects.toThrow(expect.objectContaining({ code: 'BAD_INPUT', message }))
    })

    it('waits for what it reads: WebGPU cannot be read at once', async () => {
      const reading = vi.spyOn(tf.Tensor.prototype, 'dataSync').mockImplementation(() => {
        throw new Error('Read at once.')
      })
      const whitened = await whitenFeatures(uneven(30, [3, 2, 1], 1), { partDimensions: [2, 1], seed: 1 }).finally(() =>
        reading.mockRestore(),
      )
      expect(whitened).toMatchObject({ count: 30, dimension: 3 })
    })

    it('takes one image, equal images and columns that never change', async () => {
      for (const values of [Float32Array.of(1, 2, 3), Float32Array.of(1, 2, 3, 1, 2, 3), Float32Array.of(1, 2, 3, 4, 2, 3)]) {
        const whitened = await whitenFeatures({ values, count: values.length / 3, dimension: 3 }, { partDimensions: [3], seed: 1 })
        expect(whitened.values.every(Number.isFinite)).toBe(true)
      }
    })
  })
})
