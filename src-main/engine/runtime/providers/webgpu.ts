import * as tf from '@tensorflow/tfjs'
import { create, globals } from 'webgpu'
import { SpicerackError, toErrorData } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { Provider } from '../provider.ts'

/** WebGPU through Dawn: Vulkan, Direct3D 12 or Metal. */
export const webgpu: Provider = {
  name: 'webgpu',
  title: 'WebGPU',
  async load() {
    const gpu = await findGpu()
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
    if (!adapter) throw new SpicerackError('BACKEND_UNAVAILABLE', say('noGpu'))
    const { vendor, architecture, description } = adapter.info
    const device = description || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed GPU'
    Object.assign(globalThis, globals)
    Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true, writable: true })
    // The backend takes WebGPU for available in a window or in a web worker only.
    Object.assign(globalThis, { WorkerGlobalScope: class WorkerGlobalScope {} })
    await import('@tensorflow/tfjs-backend-webgpu')
    if (!(await tf.setBackend('webgpu'))) throw new SpicerackError('BACKEND_UNAVAILABLE', say('webgpuNoStart', { device }))
    const isSoftware = /swiftshader|llvmpipe|lavapipe|software|basic render|warp/i.test(`${device} ${architecture}`)
    return {
      device,
      ...(isSoftware && {
        slowReason: say('webgpuSlow', { device }),
      }),
    }
  },
}

async function findGpu(): Promise<GPU> {
  try {
    return create([])
  } catch (error) {
    throw new SpicerackError('BACKEND_UNAVAILABLE', say('webgpuFails', { detail: toErrorData(error).message }), { cause: error })
  }
}
