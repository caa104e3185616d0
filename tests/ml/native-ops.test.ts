import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { hasNativeOps, nativeOp } from '#engine/ml/native-ops.ts'
import { availableBackends, useBackend } from '../backends.ts'

describe.each(await availableBackends())('native operations on %s', (backend) => {
  it('are there on TensorFlow only', async () => {
    await useBackend(backend)
    expect(hasNativeOps()).toBe(backend === 'tensorflow-wheel')
  })
})

describe.skipIf(!(await availableBackends()).includes('tensorflow-wheel'))('a TensorFlow operation called by name', () => {
  it('takes types, numbers, texts and truths as attributes, gives all its outputs, and keeps nothing else', async () => {
    await useBackend('tensorflow-wheel')
    const before = tf.memory().numTensors
    const [rows, two, signed, segments] = [
      tf.tensor2d([3, 1, 2, 6, 5, 4], [2, 3]),
      tf.scalar(2, 'int32'),
      tf.tensor1d([-2, 4, 1]),
      tf.tensor1d([0, 0, 1], 'int32'),
    ]
    const float = { type: 'float32' } as const
    const topRows = nativeOp('TopKV2', { T: float, sorted: { bool: true } }, [rows, two], 2)
    const leaked = nativeOp('LeakyRelu', { T: float, alpha: { float: 0.5 } }, [signed], 1)
    const summed = nativeOp('SegmentSum', { T: float, Tindices: { type: 'int32' } }, [signed, segments], 1)
    const image = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1])
    const changed = nativeOp('BiasAdd', { T: float, data_format: { string: 'NHWC' } }, [image, tf.tidy(() => tf.slice(signed, 1, 1))], 1)
    const results = [...topRows, ...leaked, ...summed, ...changed]
    expect(await Promise.all(results.map(async (result) => [...(await result.data())]))).toEqual([
      [3, 2, 6, 5],
      [0, 2, 0, 1],
      [-1, 4, 1],
      [2, 1],
      [5, 6, 7, 8],
    ])
    expect(topRows[0]!.shape).toEqual([2, 2])
    tf.dispose([rows, two, signed, segments, image, ...results])
    // The one slice that was given to BiasAdd.
    expect(tf.memory().numTensors).toBe(before + 1)
  })

  it('says what TensorFlow refuses', async () => {
    await useBackend('tensorflow-wheel')
    const [one, two] = [tf.tensor1d([1, 2]), tf.tensor1d([1, 2, 3])]
    expect(() => nativeOp('AddV2', { T: { type: 'float32' } }, [one, two], 1)).toThrow(/shape|dimension/i)
    expect(() => nativeOp('NoSuchOperation', {}, [one], 1)).toThrow(/NoSuchOperation/)
    tf.dispose([one, two])
  })
})
