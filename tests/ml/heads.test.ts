import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { createClassificationHead, createLinearHead, createProjectionHead, normalizeRows } from '#engine/ml/heads.ts'
import { createParallelHeads } from '#engine/ml/parallel-heads.ts'
import type { Parameter } from '#engine/ml/parameters.ts'
import { createRandom } from '#engine/ml/random.ts'
import { availableBackends, useBackend } from '../backends.ts'
import { toRows } from './slow-math.ts'

const [backend] = await availableBackends()

function normalValues(count: number, seed: number): Float32Array {
  const random = createRandom(seed)
  return Float32Array.from({ length: count }, () => random.normal())
}

/** inputs · weight + bias by loops; `weight` is `[inputs, outputs]`, row-major. */
function slowDense(inputs: readonly number[], weight: ArrayLike<number>, bias: ArrayLike<number>): number[] {
  const outputs: number[] = []
  for (let output = 0; output < bias.length; output++) {
    let total = bias[output]!
    for (let input = 0; input < inputs.length; input++) total += inputs[input]! * weight[input * bias.length + output]!
    outputs.push(total)
  }
  return outputs
}

const slowRelu = (values: readonly number[]): number[] => values.map((value) => Math.max(0, value))
const valuesOf = (parameters: readonly Parameter[]): Float32Array[] => parameters.map(({ variable }) => variable.dataSync() as Float32Array)

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length)
  for (const [index, value] of expected.entries()) expect(Math.abs(actual[index]! - value)).toBeLessThan(2e-6)
}

describe('heads', () => {
  beforeAll(() => useBackend(backend!))

  it('equal loops', () => {
    const features = normalValues(4 * 6, 1)
    const rows = toRows(features, 6)
    const forms = [
      {
        head: createClassificationHead(6, 3, 7),
        slow: (row: number[], [a, b, c, d]: Float32Array[]) => slowDense(slowRelu(slowDense(row, a!, b!)), c!, d!),
      },
      {
        head: createProjectionHead(6, 3, 7),
        slow: (row: number[], [a, b, c, d]: Float32Array[]) => {
          const out = slowDense(slowRelu(slowDense(row, a!, b!)), c!, d!)
          return out.map((value) => value / Math.hypot(...out))
        },
      },
      { head: createLinearHead(6, 3, 7), slow: (row: number[], [a, b]: Float32Array[]) => slowDense(row, a!, b!) },
    ]
    for (const { head, slow } of forms) {
      const output = tf.tidy(() => head.apply(tf.tensor2d(features, [4, 6])).dataSync())
      expectClose(
        output,
        rows.flatMap((row) => slow(row, valuesOf(head.parameters))),
      )
      head.dispose()
    }
  })

  it('parallel heads equal single heads of the same weights, on batches of their own and each on one', () => {
    const atStart = tf.memory().numTensors
    const heads = createParallelHeads(3, 5, 4, 11)
    const features = normalValues(3 * 6 * 5, 2)
    const [hidden, hiddenBias, out, outBias] = valuesOf(heads.parameters) as [Float32Array, Float32Array, Float32Array, Float32Array]
    const slow = (row: number[], head: number): number[] =>
      slowDense(
        slowRelu(slowDense(row, hidden.slice(head * 25, (head + 1) * 25), hiddenBias.slice(head * 5, (head + 1) * 5))),
        out.slice(head * 20, (head + 1) * 20),
        outBias.slice(head * 4, (head + 1) * 4),
      )
    const rows = toRows(features, 5)
    tf.tidy(() => {
      expectClose(
        heads.applyEach(tf.tensor3d(features, [3, 6, 5])).dataSync(),
        rows.flatMap((row, place) => slow(row, Math.floor(place / 6))),
      )
      for (const head of [0, 1, 2]) {
        const logits = heads.applyOne(tf.tensor2d(features.slice(0, 30), [6, 5]), tf.tensor1d([head], 'int32'))
        expect(logits.shape).toEqual([6, 4])
        expectClose(
          logits.dataSync(),
          rows.slice(0, 6).flatMap((row) => slow(row, head)),
        )
      }
    })
    heads.dispose()
    expect(tf.memory().numTensors).toBe(atStart)
  })

  it('parallel heads begin differently, within 1/sqrt(inputs), and do not teach each other', () => {
    const heads = createParallelHeads(2, 9, 4, 5)
    const hidden = heads.parameters[0]!.variable.dataSync()
    expect(hidden.slice(0, 81)).not.toEqual(hidden.slice(81))
    for (const { variable } of heads.parameters) expect(Math.max(...variable.dataSync().map(Math.abs))).toBeLessThanOrEqual(1 / 3)
    tf.tidy(() => {
      const features = tf.tensor3d(normalValues(2 * 3 * 9, 4), [2, 3, 9])
      const onlyFirst = tf.tensor3d([1, 0], [2, 1, 1])
      const { grads } = tf.variableGrads(() => tf.sum(tf.mul(heads.applyEach(features), onlyFirst)) as tf.Scalar)
      for (const { variable } of heads.parameters) {
        const gradient = grads[variable.name]!.dataSync()
        expect(gradient.slice(gradient.length / 2).every((value) => value === 0)).toBe(true)
        expect(gradient.slice(0, gradient.length / 2).some((value) => value !== 0)).toBe(true)
      }
    })
    heads.dispose()
  })

  it('a row of zeros stays zero, others get length 1', () => {
    tf.tidy(() => {
      const [zero, row, huge] = toRows(normalizeRows(tf.tensor2d([0, 0, 3, 4, 3e15, 4e15], [3, 2])).dataSync(), 2)
      expect([zero, row, huge].flat().map((value) => Number(value.toFixed(6)))).toEqual([0, 0, 0.6, 0.8, 0.6, 0.8])
    })
  })
})
