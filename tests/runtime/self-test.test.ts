import * as tf from '@tensorflow/tfjs'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { runSelfTest, selfTestTolerance } from '#engine/runtime/self-test.ts'
import { availableBackends, useBackend } from '../backends.ts'

describe.each(await availableBackends())('runSelfTest on %s', (name) => {
  beforeAll(() => useBackend(name))

  it('finds a convolution and its gradients right, measures it, and leaves no tensor', async () => {
    const before = tf.memory().numTensors
    const { error, gigaMacsPerSecond } = await runSelfTest()
    expect(error).toBeLessThan(selfTestTolerance / 10)
    expect(gigaMacsPerSecond).toBeGreaterThan(0)
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('runSelfTest on a wrong backend', () => {
  const kernelNames = ['Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter'] as const
  beforeAll(() => useBackend('cpu'))
  const originals = new Map<string, tf.KernelConfig>()
  afterEach(() => {
    for (const [kernelName, config] of originals) {
      tf.unregisterKernel(kernelName, 'cpu')
      tf.registerKernel(config)
    }
    originals.clear()
  })

  /** Replaces one value of what a kernel gives. */
  function spoil(kernelName: string, change: (value: number) => number): void {
    const original = tf.getKernel(kernelName, 'cpu')
    originals.set(kernelName, original)
    tf.unregisterKernel(kernelName, 'cpu')
    tf.registerKernel({
      ...original,
      kernelFunc: (call) => {
        const output = original.kernelFunc(call)
        const values = (call.backend as tf.KernelBackend).readSync((output as tf.TensorInfo).dataId) as Float32Array
        values[2] = change(values[2] as number)
        return output
      },
    })
  }

  it.each(kernelNames)('notices one wrong value of %s', async (kernelName) => {
    spoil(kernelName, (value) => value + 0.01)
    expect((await runSelfTest()).error).toBeGreaterThan(selfTestTolerance)
  })

  it.each(kernelNames)('notices one NaN of %s', async (kernelName) => {
    spoil(kernelName, () => Number.NaN)
    expect((await runSelfTest()).error).toBe(Number.POSITIVE_INFINITY)
  })
})
