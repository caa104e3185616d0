import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { SpicerackError } from '#shared/errors.ts'
import { hideDevices, reasons } from './without-devices.ts'

hideDevices()

/** What it says in English. */
async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (!(error instanceof SpicerackError)) return error
  const { said: _, ...english } = error.toData()
  return english
}

describe('loadBackend', () => {
  it.each([
    ['tfjs-node-gpu', 'Choose another one with --backend, or auto.'],
    ['tensorflow-wheel', 'Run: npm run bootstrap -- --retry'],
    ['webgpu', 'Choose another one with --backend, or auto.'],
  ] as const)('%s, asked for and not to be had: says why, and takes no other', async (name, advice) => {
    expect(await errorOf(loadBackend(name))).toEqual({
      code: 'BACKEND_UNAVAILABLE',
      message: `The backend ${name} cannot be used: ${reasons[name]}`,
      advice,
    })
  })

  it('auto takes the first that works and names why not those before it', async () => {
    const { name, title, skipped, selfTest, slowReason } = await loadBackend('auto')
    expect({ name, title, skipped, slowReason, current: tf.getBackend() }).toEqual({
      name: 'wasm',
      title: 'WebAssembly',
      skipped: Object.entries(reasons).map(([provider, reason]) => ({ name: provider, reason })),
      slowReason: undefined,
      current: 'wasm',
    })
    expect(selfTest.error).toBeLessThan(1e-5)
  })

  it('keeps to the one that is loaded', async () => {
    expect((await loadBackend('auto')).name).toBe('wasm')
    expect((await loadBackend('wasm')).name).toBe('wasm')
    expect(await errorOf(loadBackend('cpu'))).toEqual({
      code: 'BACKEND_UNAVAILABLE',
      message: 'This process computes on WebAssembly already; cpu needs a process of its own.',
    })
  })
})
