import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { createStepProgram } from '#engine/graph/step-program.ts'
import { availableBackends, useBackend } from '../backends.ts'

type Feeds = { input: tf.Tensor2D; rate: Float32Array | tf.Tensor }

/** Moves `weight` `[2, 1]` towards what makes `input · weight` equal 3. */
function descend(weight: tf.Variable) {
  return ({ input, rate }: Feeds) => {
    const { value, grads } = tf.variableGrads(
      () => tf.mean(tf.square(tf.sub(tf.matMul(input, weight as tf.Tensor2D), 3))) as tf.Scalar,
      [weight],
    )
    weight.assign(tf.sub(weight, tf.mul(grads[weight.name]!, tf.reshape(rate as tf.Tensor, []))))
    return { loss: value }
  }
}

const inputs = (rows: number, step: number): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: rows * 2 }, (_, place) => Math.sin(place + step)),
    [rows, 2],
  )

/** The same in plain numbers; gives the loss before the step. */
function descendSlowly(weight: number[], rows: number, step: number, rate: number): number {
  const gradient = [0, 0]
  let loss = 0
  for (let row = 0; row < rows; row++) {
    const given = [0, 1].map((column) => Math.sin(row * 2 + column + step))
    const error = given[0]! * weight[0]! + given[1]! * weight[1]! - 3
    loss += error ** 2 / rows
    for (const column of [0, 1]) gradient[column]! += (2 * error * given[column]!) / rows
  }
  for (const column of [0, 1]) weight[column]! -= rate * gradient[column]!
  return loss
}

describe.each(await availableBackends())('a step program on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  it('equals the same step in plain numbers, with other values and other shapes at each step, and leaves no tensor', async () => {
    const atStart = tf.memory().numTensors
    const weight = tf.tidy(() => tf.variable(tf.tensor2d([0.5, -0.5], [2, 1])))
    const program = createStepProgram()
    const step = program.compile((feeds: Feeds) => descend(weight)({ ...feeds, rate: toTensor(feeds.rate) }))
    const expected = [0.5, -0.5]
    for (let place = 0; place < 12; place++) {
      const [rows, rate] = [place % 3 === 2 ? 3 : 5, 0.1 / (place + 1)]
      const input = inputs(rows, place)
      const { loss } = step({ input, rate: Float32Array.of(rate) })
      expect((await loss.data())[0]).toBeCloseTo(descendSlowly(expected, rows, place, rate), 4)
      tf.dispose([loss, input])
      expect(tf.memory().numTensors).toBe(atStart + 1)
    }
    program.readVariables()
    const learned = await weight.data()
    for (const column of [0, 1]) expect(learned[column]).toBeCloseTo(expected[column]!, 5)
    program.dispose()
    weight.dispose()
    expect(tf.memory().numTensors).toBe(atStart)
  })

  it('shares variables between its steps, and takes what JavaScript gives them', async () => {
    const total = tf.tidy(() => tf.variable(tf.scalar(1)))
    const program = createStepProgram()
    const add = program.compile(({ amount }: { amount: tf.Scalar }) => {
      total.assign(tf.add(total, amount))
      return { total: tf.clone(total) }
    })
    const double = program.compile(() => ({ doubled: tf.mul(total, 2) }))
    const run = async (tensors: Record<string, tf.Tensor>): Promise<number> => {
      const [value] = await Object.values(tensors)[0]!.data()
      tf.dispose(tensors)
      return value!
    }
    const amount = tf.scalar(10)
    expect(await run(add({ amount }))).toBe(11)
    expect(await run(double({}))).toBe(22)
    expect(await run(add({ amount }))).toBe(21)
    tf.tidy(() => total.assign(tf.scalar(100)))
    expect(await run(double({}))).toBe(200)
    expect(await run(add({ amount }))).toBe(110)
    program.readVariables()
    expect((await total.data())[0]).toBe(110)
    for (const part of [program, total, amount]) part.dispose()
  })
})

describe('a recorded step', () => {
  beforeAll(() => useBackend('tensorflow-wheel'))

  it.each([
    ['at once', (given: tf.Tensor) => given.dataSync()],
    ['later', (given: tf.Tensor) => void given.data().catch(() => undefined)],
  ])(
    'that reads in JavaScript what it computed, %s, fails and names the operation; variables and temporary files are as before',
    (_, read) => {
      const atStart = tf.memory().numTensors
      const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('spicerack-graph-'))
      const before = folders()
      const weight = tf.tidy(() => tf.variable(tf.scalar(5)))
      const program = createStepProgram()
      const step = program.compile(({ input }: { input: tf.Tensor }) => {
        weight.assign(tf.scalar(7))
        const root = tf.sqrt(input) as tf.Scalar
        read(root)
        return { root }
      })
      const input = tf.scalar(9)
      expect(() => step({ input })).toThrow(/reads a result of Sqrt in JavaScript/)
      expect(weight.dataSync()[0]).toBe(5)
      expect(folders()).toEqual(before)
      for (const part of [program, weight, input]) part.dispose()
      expect(tf.memory().numTensors).toBe(atStart)
    },
  )

  it('runs as a graph: the step is called once for each form of its feeds, and leaves no folder', () => {
    let callCount = 0
    const folders = (): number => readdirSync(tmpdir()).filter((name) => name.startsWith('spicerack-graph-')).length
    const before = folders()
    const program = createStepProgram()
    const step = program.compile(({ input }: { input: tf.Tensor }) => {
      callCount++
      return { squared: tf.square(input) }
    })
    for (const values of [[1, 2], [3, 4], [5], [6], [7, 8]]) {
      const input = tf.tensor1d(values)
      const { squared } = step({ input })
      expect([...squared.dataSync()]).toEqual(values.map((value) => value ** 2))
      tf.dispose([input, squared])
    }
    expect(callCount).toBe(2)
    expect(folders()).toBe(before)
    program.dispose()
  })

  it('takes no more memory with every step: 200 updates of 4 MB leave every native tensor given back', () => {
    const { binding } = tf.backend() as unknown as { binding: { getNumOfTensors(): number } }
    const large = tf.tidy(() => tf.variable(tf.ones([1024, 1024])))
    const program = createStepProgram()
    const step = program.compile(({ factor }: { factor: Float32Array | tf.Tensor }) => {
      large.assign(tf.mul(large, factor as tf.Tensor))
      return { mean: tf.mean(large) }
    })
    const take = (): void => tf.dispose(step({ factor: Float32Array.of(1.001) }))
    for (let count = 0; count < 20; count++) take()
    const [tensors, bytes] = [binding.getNumOfTensors(), process.memoryUsage.rss()]
    for (let count = 0; count < 200; count++) take()
    expect(binding.getNumOfTensors()).toBe(tensors)
    // Less than 16 of the 200 buffers.
    expect(process.memoryUsage.rss() - bytes).toBeLessThan(64 * 2 ** 20)
    program.readVariables()
    expect(large.dataSync()[0]).toBeCloseTo(1.001 ** 220, 4)
    program.dispose()
    large.dispose()
  })

  it('holds no large result while a step is recorded: 30 layers of 4 MB and their gradients', () => {
    const weight = tf.tidy(() => tf.variable(tf.fill([1024, 1024], 0.5)))
    const heldBytes: number[] = []
    const deep = ({ input }: { input: tf.Tensor }) => {
      const before = process.memoryUsage.rss()
      const layers = (): tf.Scalar => {
        let values: tf.Tensor = tf.mul(weight, input)
        for (let layer = 0; layer < 30; layer++) values = tf.tanh(values)
        return tf.mean(values)
      }
      const { value, grads } = tf.variableGrads(layers, [weight])
      heldBytes.push(process.memoryUsage.rss() - before)
      return { value, slope: tf.sum(grads[weight.name]!) }
    }
    const program = createStepProgram()
    const step = program.compile(deep)
    const input = tf.scalar(0.5)
    const results = [step({ input }), tf.tidy(() => deep({ input }))]
    const [recorded, single] = results.map(({ value, slope }) => [value.dataSync()[0]!, slope.dataSync()[0]!])
    expect(recorded![0]).toBeCloseTo(single![0]!, 6)
    expect(recorded![1]).toBeCloseTo(single![1]!, 6)
    // Held, the layers are 120 MB and their gradients three times that.
    expect(heldBytes[0]).toBeLessThan(64 * 2 ** 20)
    expect(heldBytes).toHaveLength(2)
    program.dispose()
    tf.dispose([weight, input, ...results.flatMap((result) => Object.values(result))])
  })

  it('keeps large constants of one value, flags, whole numbers and tensors from before the recording', () => {
    const outside = tf.tensor1d([1, 2, 3, 4])
    const program = createStepProgram()
    const step = program.compile(({ input }: { input: tf.Tensor1D }) => ({
      sum: tf.add(tf.add(input, outside), tf.fill([4], 0.5)),
      large: tf.sum(tf.mul(tf.fill([1000], 3), tf.ones([1000]))),
      places: tf.argMax(input),
      isGreater: tf.greater(input, tf.tensor1d([2, 2, 2, 2], 'int32')),
    }))
    const input = tf.tensor1d([4, 3, 2, 1])
    const results = step({ input })
    expect(Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, [...tensor.dataSync()]]))).toEqual({
      sum: [5.5, 5.5, 5.5, 5.5],
      large: [3000],
      places: [0],
      isGreater: [1, 1, 0, 0],
    })
    tf.dispose([results, input, outside])
    program.dispose()
  })
})

function toTensor(values: Float32Array | tf.Tensor): tf.Tensor {
  return values instanceof Float32Array ? tf.tensor1d(values) : values
}
