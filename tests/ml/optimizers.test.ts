import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { adamDefaults, createAdam, createSgd, type Optimizer } from '#engine/ml/optimizers.ts'
import { createParameterStore, type Parameter } from '#engine/ml/parameters.ts'
import { createRandom } from '#engine/ml/random.ts'
import { availableBackends, useBackend } from '../backends.ts'

const [backend] = await availableBackends()

/** A weight, an offset and a statistic with chosen values. */
function createParameters(): { parameters: readonly Parameter[]; dispose(): void } {
  const store = createParameterStore(3)
  store.create('weight', 'weight', [2, 3], 'uniform-fan-in')
  store.create('offset', 'offset', [3], 'ones')
  store.create('mean', 'statistic', [3], 'ones')
  return store
}

const sizes = [6, 3]
const gradientOf = (step: number, size: number): number[] => {
  const random = createRandom(step * 10 + size)
  return Array.from({ length: size }, () => random.normal())
}

/** Ten steps of both; greatest difference between the variables and the plain numbers. */
function compare(
  optimizer: (parameters: readonly Parameter[]) => Optimizer,
  slow: (weights: number[][], gradients: number[][], learningRate: number, step: number) => void,
): number {
  const { parameters, dispose } = createParameters()
  const real = optimizer(parameters)
  const learned = parameters.slice(0, 2).map(({ variable }) => variable)
  const weights = learned.map((variable) => [...variable.dataSync()])
  const before = tf.memory().numTensors
  for (let step = 0; step < 10; step++) {
    const gradients = sizes.map((size) => gradientOf(step, size))
    const learningRate = 0.1 / (step + 1)
    tf.tidy(() =>
      real.apply(
        gradients.map((values, index) => tf.tensor(values, learned[index]!.shape)),
        real.rates(learningRate, step),
      ),
    )
    slow(weights, gradients, learningRate, step)
    expect(tf.memory().numTensors).toBe(before)
  }
  const differences = learned.flatMap((variable, index) =>
    [...variable.dataSync()].map((value, place) => Math.abs(value - weights[index]![place]!)),
  )
  expect([...parameters[2]!.variable.dataSync()]).toEqual([1, 1, 1])
  real.dispose()
  dispose()
  return Math.max(...differences)
}

/** Values of order 1 after ten steps of float32. */
const tolerance = 2e-6

describe('optimizers', () => {
  beforeAll(() => useBackend(backend!))

  it.each([
    [false, 0],
    [false, 0.01],
    [true, 0.01],
  ])('SGD equals the loop: nesterov %s, weight decay %f, offsets spared', (nesterov, weightDecay) => {
    const velocities = sizes.map((size) => new Array<number>(size).fill(0))
    const difference = compare(
      (parameters) => createSgd(parameters, { momentum: 0.9, nesterov, weightDecay, decays: ({ kind }) => kind === 'weight' }),
      (weights, gradients, learningRate) => {
        for (let index = 0; index < weights.length; index++)
          for (let place = 0; place < weights[index]!.length; place++) {
            const gradient = gradients[index]![place]! + (index === 0 ? weightDecay * weights[index]![place]! : 0)
            velocities[index]![place] = 0.9 * velocities[index]![place]! + gradient
            const direction = nesterov ? gradient + 0.9 * velocities[index]![place]! : velocities[index]![place]!
            weights[index]![place]! -= learningRate * direction
          }
      },
    )
    expect(difference).toBeLessThan(tolerance)
  })

  it('Adam equals the loop', () => {
    const [first, second] = [sizes.map((size) => new Array<number>(size).fill(0)), sizes.map((size) => new Array<number>(size).fill(0))]
    const difference = compare(
      (parameters) => createAdam(parameters, adamDefaults),
      (weights, gradients, learningRate, step) => {
        for (let index = 0; index < weights.length; index++)
          for (let place = 0; place < weights[index]!.length; place++) {
            const gradient = gradients[index]![place]!
            first[index]![place] = 0.9 * first[index]![place]! + 0.1 * gradient
            second[index]![place] = 0.999 * second[index]![place]! + 0.001 * gradient * gradient
            const mean = first[index]![place]! / (1 - 0.9 ** (step + 1))
            const square = second[index]![place]! / (1 - 0.999 ** (step + 1))
            weights[index]![place]! -= (learningRate * mean) / (Math.sqrt(square) + 1e-8)
          }
      },
    )
    expect(difference).toBeLessThan(tolerance)
  })

  it("Adam's first step has the length of the learning rate, whatever the gradient", () => {
    for (const scale of [1e-4, 1, 1e4]) {
      const { parameters, dispose } = createParameters()
      const optimizer = createAdam(parameters, adamDefaults)
      const before = parameters[1]!.variable.dataSync().slice()
      tf.tidy(() => optimizer.apply([tf.zeros([2, 3]), tf.tensor1d([scale, -scale, 0])], optimizer.rates(0.25, 0)))
      const moved = [...parameters[1]!.variable.dataSync()].map((value, place) => value - before[place]!)
      for (const [place, expected] of [-0.25, 0.25, 0].entries()) expect(moved[place]).toBeCloseTo(expected, 3)
      optimizer.dispose()
      dispose()
    }
  })

  it.each([
    [
      'SGD',
      (parameters: readonly Parameter[]) => createSgd(parameters, { momentum: 0.5, nesterov: true, weightDecay: 0, decays: () => true }),
      0.1,
    ],
    ['Adam', (parameters: readonly Parameter[]) => createAdam(parameters, adamDefaults), 0.1],
  ] as const)('%s lowers a square over 20 steps, and leaves no tensor', (_, create, learningRate) => {
    const atStart = tf.memory().numTensors
    const { parameters, dispose } = createParameters()
    const optimizer = create(parameters)
    const offset = parameters[1]!.variable
    const squareSum = (): number => tf.tidy(() => tf.sum(tf.square(offset)).dataSync()[0]!)
    const before = squareSum()
    for (let step = 0; step < 20; step++)
      tf.tidy(() => optimizer.apply([tf.zeros([2, 3]), tf.mul(offset, 2)], optimizer.rates(learningRate, step)))
    expect(squareSum()).toBeLessThan(before / 10)
    optimizer.dispose()
    dispose()
    expect(tf.memory().numTensors).toBe(atStart)
  })
})
