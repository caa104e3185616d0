import * as tf from '@tensorflow/tfjs'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Feeds, tensorsOf } from '#engine/graph/feeds.ts'
import { createRandom } from '#engine/ml/random.ts'
import { imagesInMemory } from '#engine/training/image-source.ts'
import { largestDifference } from '#engine/training/precision.ts'
import { createSelfStage } from '#engine/training/self-heads.ts'
import { imageInputs } from '#engine/training/semi-inputs.ts'
import type { TrainingStage } from '#engine/training/stage.ts'
import { createMocoStage } from '#engine/training/stages/pretrain.ts'
import { createFixMatchStage } from '#engine/training/stages/semi.ts'
import { standard } from '#shared/recipes/standard.ts'
import { backboneChoices } from '#shared/stages/pretrain.ts'
import { useBackend } from '../../backends.ts'
import { imagesOfKinds } from '../images-of-kinds.ts'
import { memoryHost, smallRecipe } from '../run-in-memory.ts'

const side = 16
const count = 48
const stepCount = 20
/** Wide enough that a graph takes the same convolution kernels as single operations do. */
const widthFactor = 0.25
/**
 * ResNet34 alone has windows of max-pool that overlap, and a graph adds up their gradients in another order. That rounding grows from
 * step to step, so its steps are compared one by one, each from the same state.
 */
const steadyBackbones = backboneChoices.filter((name) => name !== 'resnet34')
/** MobileNetV2's filters for each channel round differently in a graph; without batch norm that stays small. */
const toleranceOf = (backbone: string): number => (backbone === 'mobilenet-v2' ? 1e-5 : 0)
/** Two roundings of float32: FreeMatch's running means and a softmax of a softmax round differently in a graph. */
const twoRoundings = 2.4e-7

type Trace = Readonly<{ losses: number[]; state: Record<string, Float32Array>; tensorCounts: number[] }>

/** Steps of a stage: their losses, and all that a checkpoint would hold after them. */
async function takeSteps<Given extends Feeds>(stage: TrainingStage<Given>, first: number, end: number): Promise<Trace> {
  const losses: number[] = []
  const tensorCounts: number[] = []
  for (let step = first; step < end; step++) {
    const feeds = await stage.feeds(step)
    const results = stage.takeStep(feeds)
    losses.push(results.loss.dataSync()[0]!)
    tf.dispose([results, ...tensorsOf(feeds)])
    tensorCounts.push(tf.memory().numTensors)
  }
  const state: Record<string, Float32Array> = {}
  tf.tidy(() => {
    for (const [name, tensor] of Object.entries(stage.state().tensors)) state[name] = Float32Array.from(tensor.dataSync())
  })
  return { losses, state, tensorCounts }
}

/** Greatest difference between two states, relative to the greatest value of each tensor. */
function difference(one: Trace, other: Trace): number {
  const between = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
    let [most, scale] = [0, 1e-30]
    for (let place = 0; place < a.length; place++) {
      most = Math.max(most, Math.abs(a[place]! - b[place]!))
      scale = Math.max(scale, Math.abs(a[place]!))
    }
    return most / scale
  }
  expect(Object.keys(other.state)).toEqual(Object.keys(one.state))
  const names = Object.keys(one.state)
  return Math.max(between(one.losses, other.losses), ...names.map((name) => between(one.state[name]!, other.state[name]!)))
}

async function compiledAndEager<Given extends Feeds>(createStage: () => TrainingStage<Given>): Promise<{ compiled: Trace; eager: Trace }> {
  const take = async (): Promise<Trace> => {
    const stage = createStage()
    const trace = await takeSteps(stage, 0, stepCount)
    stage.dispose()
    return trace
  }
  const compiled = await take()
  process.env.SPICERACK_EAGER = '1'
  return { compiled, eager: await take() }
}

function noise(extent = side): Uint8Array {
  const random = createRandom(3)
  return Uint8Array.from({ length: count * extent * extent * 3 }, () => random.integer(256))
}

describe('twenty compiled steps equal twenty steps operation by operation', () => {
  beforeAll(() => useBackend('tensorflow-wheel'))
  afterEach(() => {
    delete process.env.SPICERACK_EAGER
  })

  it.each(steadyBackbones)('MoCo, %s', async (backbone) => {
    const atStart = tf.memory().numTensors
    const { pretrain } = smallRecipe(standard, count, 3, side, { pretrain: { backbone, widthFactor, batchSize: 16, queueSize: 32 } })
    const { compiled, eager } = await compiledAndEager(() =>
      createMocoStage(imagesInMemory(noise(), side), { ...pretrain, keyGroups: 2 }, 1),
    )
    expect(new Set(compiled.losses).size).toBe(stepCount)
    expect(difference(compiled, eager)).toBeLessThanOrEqual(toleranceOf(backbone))
    expect(new Set(compiled.tensorCounts).size).toBe(1)
    expect(tf.memory().numTensors).toBe(atStart)
  })

  it.each(steadyBackbones)('FixMatch, %s', async (backbone) => {
    const recipe = smallRecipe(standard, count, 3, side, {
      semi: { backbone, widthFactor, start: 'random', batchSize: 4, unlabeledRatio: 2 },
    })
    const samples = {
      images: Int32Array.from({ length: 12 }, (_, image) => image),
      labels: Int32Array.from({ length: 12 }, (_, image) => image % 3),
    }
    const { compiled, eager } = await compiledAndEager(() =>
      createFixMatchStage(imageInputs(imagesInMemory(noise(), side), recipe, 3, 1), samples, recipe, 3, 1, memoryHost()),
    )
    expect(new Set(compiled.losses).size).toBe(stepCount)
    expect(difference(compiled, eager)).toBeLessThan(Math.max(twoRoundings, toleranceOf(backbone)))
    expect(new Set(compiled.tensorCounts).size).toBe(1)
  })

  it.each(['resnet18-cifar', 'wide-resnet-28-2', 'mobilenet-v2'] as const)(
    'MoCo and FixMatch lose in bfloat16 what they lose in float32, within 5 in 100 on average, and weights stay float32: %s',
    async (backbone) => {
      const changes = {
        pretrain: { backbone, widthFactor, batchSize: 16, queueSize: 32 },
        semi: { backbone, widthFactor, start: 'random' },
      } as const
      const take = async (precision: 'float32' | 'bfloat16'): Promise<Trace[]> => {
        const recipe = smallRecipe(standard, count, 3, side, {
          pretrain: { ...changes.pretrain, precision, learningRate: 0.01 },
          semi: { ...changes.semi, batchSize: 4, unlabeledRatio: 2, learningRate: 0.002 },
        })
        const samples = {
          images: Int32Array.from({ length: 12 }, (_, image) => image),
          labels: Int32Array.from({ length: 12 }, (_, image) => image % 3),
        }
        const source = imagesInMemory(imagesOfKinds(3, count / 3, side, 1).pixels, side)
        const stages: TrainingStage<never>[] = [
          createMocoStage(source, { ...recipe.pretrain, keyGroups: 2 }, 1) as unknown as TrainingStage<never>,
          createFixMatchStage(imageInputs(source, recipe, 3, 1), samples, recipe, 3, 1, memoryHost()) as unknown as TrainingStage<never>,
        ]
        const traces: Trace[] = []
        for (const stage of stages) {
          traces.push(await takeSteps(stage, 0, stepCount))
          stage.dispose()
        }
        return traces
      }
      const [exact, narrow] = [await take('float32'), await take('bfloat16')]
      for (const [place, { losses }] of exact.entries()) {
        expect(narrow[place]!.losses).not.toEqual(losses)
        const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
        expect(largestDifference(losses.slice(0, 1), narrow[place]!.losses.slice(0, 1))).toBeLessThan(0.01)
        expect(largestDifference([mean(losses)], [mean(narrow[place]!.losses)])).toBeLessThan(0.05)
        // More digits than bfloat16 has.
        const weights = Object.values(narrow[place]!.state).find((values) => values.length > 1000)!
        expect(weights.some((weight) => weight !== Math.fround(Number(weight.toPrecision(3))))).toBe(true)
        expect(new Set(narrow[place]!.tensorCounts).size).toBe(1)
      }
    },
  )

  it('ResNet34, each step from the same state: within 1e-5', async () => {
    const { pretrain } = smallRecipe(standard, count, 3, 32, {
      pretrain: { backbone: 'resnet34', widthFactor, batchSize: 16, queueSize: 32 },
    })
    const createStage = (): TrainingStage<Feeds> =>
      createMocoStage(imagesInMemory(noise(32), 32), { ...pretrain, keyGroups: 2 }, 1) as unknown as TrainingStage<Feeds>
    const compiled = createStage()
    process.env.SPICERACK_EAGER = '1'
    const eager = createStage()
    for (let step = 0; step < stepCount; step++) {
      compiled.restore(eager.state())
      const traces = []
      for (const stage of [compiled, eager]) traces.push(await takeSteps(stage, step, step + 1))
      expect(difference(traces[0]!, traces[1]!)).toBeLessThan(1e-5)
    }
    compiled.dispose()
    eager.dispose()
  })

  it.each(['cross-entropy', 'double-softmax'] as const)('SPICE-Self, %s', async (loss) => {
    const dimension = 8
    const random = createRandom(5)
    const features = { values: Float32Array.from({ length: count * dimension }, () => random.normal()), count, dimension }
    const { self } = smallRecipe(standard, count, 3, side, { self: { loss, epochs: 20 } })
    const rows = (images: Int32Array): Float32Array =>
      Float32Array.from([...images].flatMap((image) => [...features.values.subarray(image * dimension, (image + 1) * dimension)]))
    const views = {
      weak: async (images: Int32Array) => ({ values: rows(images), count: images.length, dimension }),
      strong: (images: Int32Array, headCount: number) => tf.tensor3d(rows(images), [headCount, images.length / headCount, dimension]),
      plain: async () => features,
    }
    const { compiled, eager } = await compiledAndEager(() =>
      createSelfStage({ embeddings: features, views, settings: self, clusterCount: 3, seed: 1, host: memoryHost() }),
    )
    expect(difference(compiled, eager)).toBeLessThan(twoRoundings)
    expect(new Set(compiled.tensorCounts).size).toBe(1)
  })
})
