import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { createStepProgram } from '#engine/graph/step-program.ts'
import type { DrawnValues } from '#engine/ml/drawn-values.ts'
import { createSgd, minimize } from '#engine/ml/optimizers.ts'
import { createParameterStore } from '#engine/ml/parameters.ts'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import { encodeCheckpoint } from '#engine/training/checkpoint.ts'
import { namedTensors, restoreParameters } from '#engine/training/networks.ts'
import { StageStopped } from '#engine/training/run-context.ts'
import type { TrainingStage } from '#engine/training/stage.ts'
import { forgetCheckpoints, train } from '#engine/training/train-loop.ts'
import { SpicerackError } from '#shared/errors.ts'
import { availableBackends, useBackend } from '../backends.ts'
import { type MemoryFiles, memoryHost } from './run-in-memory.ts'

type LineFeeds = { inputs: tf.Tensor2D; outputs: tf.Tensor2D; rates: DrawnValues }

/** Learns a linear map: small, but with momentum and a state that is made anew for each checkpoint. */
function createLineStage(totalSteps: number, learningRate = 0.05): TrainingStage<LineFeeds> & { bytes(): Promise<Uint8Array> } {
  const store = createParameterStore(1)
  const weight = store.create('weight', 'weight', [3, 2], 'uniform-fan-in') as tf.Variable<tf.Rank.R2>
  const optimizer = createSgd(store.parameters, { momentum: 0.9, nesterov: false, weightDecay: 0, decays: () => true })
  const program = createStepProgram()
  let seen = 0
  const stage: TrainingStage<LineFeeds> = {
    totalSteps,
    imagesPerStep: 4,
    learningRate: () => learningRate,
    async feeds(step) {
      const random = createRandom(deriveSeed(7, 'batch', step))
      return tf.tidy(() => {
        const inputs = tf.tensor2d(
          Float32Array.from({ length: 12 }, () => random.normal()),
          [4, 3],
        )
        const outputs = tf.matMul(inputs, tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2])) as tf.Tensor2D
        return { inputs, outputs, rates: tf.tensor1d(optimizer.rates(learningRate, step)) }
      })
    },
    takeStep: program.compile(({ inputs, outputs, rates }: LineFeeds) =>
      minimize(optimizer, rates, () => {
        const loss = tf.mean(tf.square(tf.sub(tf.matMul(inputs, weight), outputs))) as tf.Scalar
        return { loss, root: tf.sqrt(loss) as tf.Scalar }
      }),
    ),
    async afterStep() {
      seen++
    },
    state() {
      program.readVariables()
      return { tensors: { ...namedTensors(store.parameters), ...namedTensors(optimizer.slots), seen: tf.scalar(seen) }, notes: {} }
    },
    restore({ tensors }) {
      restoreParameters([...store.parameters, ...optimizer.slots], tensors)
      seen = tensors.seen!.dataSync()[0]!
    },
    dispose() {
      program.dispose()
      store.dispose()
      optimizer.dispose()
    },
  }
  const bytes = async (): Promise<Uint8Array> => {
    const { tensors, notes } = stage.state()
    const encoded = await encodeCheckpoint({ tensors, notes }, totalSteps)
    tensors.seen!.dispose()
    return encoded
  }
  return { ...stage, bytes }
}

const options = { name: 'line', checkpointMinutes: 1 }
const newest = 'checkpoint-line.bin'
const previous = 'checkpoint-line.previous.bin'

async function uninterrupted(totalSteps: number): Promise<Uint8Array> {
  const stage = createLineStage(totalSteps)
  await train(stage, options, memoryHost())
  const bytes = await stage.bytes()
  stage.dispose()
  return bytes
}

async function stopAt(files: MemoryFiles, totalSteps: number, stopStep: number): Promise<void> {
  const stage = createLineStage(totalSteps)
  const host = memoryHost({ files, stop: (step) => step >= stopStep })
  await expect(train(stage, options, host)).rejects.toMatchObject(new StageStopped(stopStep))
  stage.dispose()
}

async function resumed(files: MemoryFiles, totalSteps: number): Promise<{ bytes: Uint8Array; logs: string[]; steps: number }> {
  const stage = createLineStage(totalSteps)
  const host = memoryHost({ files })
  await train(stage, options, host)
  const bytes = await stage.bytes()
  stage.dispose()
  return { bytes, logs: host.logs, steps: host.losses.length }
}

const damage = (files: MemoryFiles, name: string): void => {
  const bytes = files.get(name)!.slice()
  bytes[40] = bytes[40]! ^ 1
  files.set(name, bytes)
}

describe.each(await availableBackends())('train loop on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  it.each([3, 7])('keeps step %i where what follows it is stopped, and then does that first', async (at) => {
    const files: MemoryFiles = new Map()
    const stage = createLineStage(8)
    const stopping = {
      ...stage,
      afterStep: async (step: number) => {
        if (step === at) throw new StageStopped(0)
        await stage.afterStep!(step, {})
      },
    }
    await expect(train(stopping, options, memoryHost({ files }))).rejects.toMatchObject(new StageStopped(at + 1))
    stage.dispose()
    const { bytes, steps } = await resumed(files, 8)
    expect(steps).toBe(8 - at - 1)
    expect(bytes).toEqual(await uninterrupted(8))
  })

  it('lowers the loss, reports every step, and leaves no tensor', async () => {
    const atStart = tf.memory().numTensors
    const host = memoryHost()
    const stage = createLineStage(80)
    await train(stage, options, host)
    expect(host.losses.length).toBe(80)
    expect(host.losses.at(-1)).toBeLessThan(host.losses[0]! / 20)
    for (const { values } of host.rows) expect(values.root).toBeCloseTo(Math.sqrt(values.loss!), 5)
    expect(new Set(host.tensorCounts).size).toBe(1)
    stage.dispose()
    expect(tf.memory().numTensors).toBe(atStart)
  })

  it.each([0, 1, 5, 9])('stopped after %i steps and resumed equals not stopped, byte for byte', async (stopStep) => {
    const files: MemoryFiles = new Map()
    await stopAt(files, 10, stopStep)
    const { bytes, steps } = await resumed(files, 10)
    expect(steps).toBe(10 - stopStep)
    expect(bytes).toEqual(await uninterrupted(10))
  })

  it('killed between checkpoints goes on from the last one, and ends with the same bytes', async () => {
    const files: MemoryFiles = new Map()
    const stage = createLineStage(10)
    const host = memoryHost({ files, tickMs: 40_000 })
    const killed = {
      ...host,
      progress: ({ step }: { step: number }) => {
        if (step === 8) throw new Error('killed')
      },
    }
    await expect(train(stage, options, killed)).rejects.toThrow('killed')
    stage.dispose()
    expect(files.has(newest) && files.has(previous)).toBe(true)
    expect((await resumed(files, 10)).bytes).toEqual(await uninterrupted(10))
  })

  it('a damaged newest checkpoint: the one before it is used and becomes the newest; a second damage is survived too', async () => {
    const files: MemoryFiles = new Map()
    await stopAt(files, 10, 3)
    await stopAt(files, 10, 6)
    const good = files.get(previous)!
    damage(files, newest)
    await stopAt(files, 10, 4)
    expect(files.get(previous)).toEqual(good)
    damage(files, newest)
    const { bytes, logs, steps } = await resumed(files, 10)
    expect(steps).toBe(7)
    expect(logs.join()).toContain('damaged')
    expect(bytes).toEqual(await uninterrupted(10))
  })

  it('both damaged: CHECKPOINT_DAMAGED, nothing is trained; the next time it begins again', async () => {
    const files: MemoryFiles = new Map()
    await stopAt(files, 10, 3)
    await stopAt(files, 10, 6)
    damage(files, newest)
    damage(files, previous)
    const stage = createLineStage(10)
    const host = memoryHost({ files })
    await expect(train(stage, options, host)).rejects.toMatchObject({ code: 'CHECKPOINT_DAMAGED' })
    expect(host.losses).toEqual([])
    stage.dispose()
    const { bytes, steps } = await resumed(files, 10)
    expect(steps).toBe(10)
    expect(bytes).toEqual(await uninterrupted(10))
  })

  it('a loss that is no number: TRAINING_DIVERGED, the checkpoint stays, no tensor is left', async () => {
    const atStart = tf.memory().numTensors
    const files: MemoryFiles = new Map()
    await stopAt(files, 1000, 3)
    const kept = files.get(newest)
    const stage = createLineStage(1000, 1e20)
    await expect(train(stage, options, memoryHost({ files }))).rejects.toMatchObject({ code: 'TRAINING_DIVERGED' })
    expect(files.get(newest)).toEqual(kept)
    stage.dispose()
    expect(tf.memory().numTensors).toBe(atStart)
  })

  it('weights that are no numbers are never saved as a checkpoint, nor given out as a result', async () => {
    const files: MemoryFiles = new Map()
    await stopAt(files, 5, 4)
    const kept = files.get(newest)
    for (const tickMs of [1, 120_000]) {
      const stage = createLineStage(5, Number.NaN)
      await expect(train(stage, options, memoryHost({ files, tickMs }))).rejects.toMatchObject({ code: 'TRAINING_DIVERGED' })
      expect(files.get(newest)).toEqual(kept)
      stage.dispose()
    }
  })

  it('a stage that is stopped while it prepares a batch leaves a checkpoint of its step', async () => {
    const files: MemoryFiles = new Map()
    const stage = createLineStage(10)
    const stopping: typeof stage = {
      ...stage,
      feeds: async (step) => {
        if (step === 6) throw new StageStopped(0)
        return stage.feeds(step)
      },
    }
    await expect(train(stopping, options, memoryHost({ files }))).rejects.toMatchObject(new StageStopped(6))
    stage.dispose()
    const { bytes, steps } = await resumed(files, 10)
    expect(steps).toBe(4)
    expect(bytes).toEqual(await uninterrupted(10))
  })

  it('a stage that fails in any other way passes its error on and leaves no tensor', async () => {
    const atStart = tf.memory().numTensors
    const stage = createLineStage(10)
    const failing: typeof stage = {
      ...stage,
      afterStep: async () => {
        throw SpicerackError.inEnglish('DISK_FULL', 'full')
      },
    }
    await expect(train(failing, options, memoryHost())).rejects.toMatchObject({ code: 'DISK_FULL' })
    stage.dispose()
    expect(tf.memory().numTensors).toBe(atStart)
  })

  it('forgets both checkpoints', async () => {
    const files: MemoryFiles = new Map()
    await stopAt(files, 10, 3)
    await stopAt(files, 10, 6)
    forgetCheckpoints('line', memoryHost({ files }))
    expect(files.size).toBe(0)
  })
})
