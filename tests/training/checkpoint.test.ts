import * as tf from '@tensorflow/tfjs'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeCheckpoint, encodeCheckpoint } from '#engine/training/checkpoint.ts'
import { SpicerackError } from '#shared/errors.ts'
import { availableBackends, useBackend } from '../backends.ts'

const [backend] = await availableBackends()

async function small(): Promise<Uint8Array> {
  const tensors = {
    weight: tf.tensor2d([1, -2.5, 3e-38, 4], [2, 2]),
    labels: tf.tensor1d([-1, 7, 2], 'int32'),
    flags: tf.tensor1d([true, false], 'bool'),
  }
  const encoded = await encodeCheckpoint({ tensors, notes: { best: { head: 3 }, none: null } }, 42)
  tf.dispose(tensors)
  return encoded
}

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return error instanceof SpicerackError ? error.code : String(error)
  }
  return 'nothing thrown'
}

describe('checkpoint', () => {
  beforeAll(() => useBackend(backend!))

  it('comes back as it was, and the same state gives the same bytes', async () => {
    const atStart = tf.memory().numTensors
    const encoded = await small()
    const { step, notes, tensors } = decodeCheckpoint(encoded)
    const read = Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [name, { shape: tensor.shape, dtype: tensor.dtype, values: [...tensor.dataSync()] }]),
    )
    expect({ step, notes, read }).toEqual({
      step: 42,
      notes: { best: { head: 3 }, none: null },
      read: {
        weight: { shape: [2, 2], dtype: 'float32', values: [1, -2.5, Math.fround(3e-38), 4] },
        labels: { shape: [3], dtype: 'int32', values: [-1, 7, 2] },
        flags: { shape: [2], dtype: 'bool', values: [1, 0] },
      },
    })
    expect(await encodeCheckpoint({ tensors, notes }, step)).toEqual(encoded)
    tf.dispose(tensors as Record<string, tf.Tensor>)
    expect(tf.memory().numTensors).toBe(atStart)
  })

  it('reads from the middle of a larger buffer', async () => {
    const encoded = await small()
    const larger = new Uint8Array(encoded.length + 13)
    larger.set(encoded, 7)
    const { tensors } = decodeCheckpoint(larger.subarray(7, 7 + encoded.length))
    expect([...tensors.labels!.dataSync()]).toEqual([-1, 7, 2])
    tf.dispose(tensors as Record<string, tf.Tensor>)
  })

  it('keeps every float exactly, also -0, subnormal numbers, infinities and NaN', async () => {
    await fc.assert(
      fc.asyncProperty(fc.float32Array({ maxLength: 40 }), async (values) => {
        const tensor = tf.tensor1d(values)
        const { tensors } = decodeCheckpoint(await encodeCheckpoint({ tensors: { tensor }, notes: {} }, 0))
        const back = tensors.tensor!.dataSync()
        expect([...back].every((value, index) => Object.is(value, values[index]))).toBe(true)
        expect(back.length).toBe(values.length)
        tf.dispose([tensor, tensors.tensor!])
      }),
      { numRuns: 40 },
    )
  })

  it('notices every changed byte, every missing end and a byte too many', async () => {
    const encoded = await small()
    for (let place = 0; place < encoded.length; place++)
      for (const change of [0x01, 0x80, 0xff]) {
        const damaged = encoded.slice()
        damaged[place] = damaged[place]! ^ change
        expect(codeOf(() => decodeCheckpoint(damaged))).toBe('CHECKPOINT_DAMAGED')
      }
    for (let length = 0; length < encoded.length; length++)
      expect(codeOf(() => decodeCheckpoint(encoded.subarray(0, length)))).toBe('CHECKPOINT_DAMAGED')
    expect(codeOf(() => decodeCheckpoint(Uint8Array.from([...encoded, 0])))).toBe('CHECKPOINT_DAMAGED')
  })
})
