import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import util from 'node:util'
import * as tf from '@tensorflow/tfjs'
import { SpicerackError, toErrorData } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { LoadedDevice } from '../provider.ts'

/** What is used here of the addon of tfjs-node. */
type Binding = Readonly<{ isUsingGpuDevice(): boolean; TF_Version: string }>

/** Loads a compiled addon of tfjs-node and registers it as the backend `tensorflow`, without tfjs-node's own search for it. */
export async function loadNodeBackend(addonPath: string): Promise<LoadedDevice & { version: string }> {
  restoreRemovedUtil()
  const require = createRequire(import.meta.url)
  let binding: Binding
  try {
    binding = require(addonPath) as Binding
  } catch (error) {
    throw new SpicerackError('BACKEND_UNAVAILABLE', say('addonFails', { detail: toErrorData(error).message.split('\n')[0] ?? '' }), {
      cause: error,
    })
  }
  const { NodeJSKernelBackend } = require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js')
  require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js')
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'), 3)
  if (!(await tf.setBackend('tensorflow'))) throw new SpicerackError('BACKEND_UNAVAILABLE', say('backendNoStart', { title: 'TensorFlow' }))
  const device = binding.isUsingGpuDevice() ? 'NVIDIA GPU (CUDA)' : `CPU, ${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'})`
  return { device, version: binding.TF_Version }
}

/** Node 23 removed two functions that tfjs-node calls. */
function restoreRemovedUtil(): void {
  const old = util as unknown as Record<string, unknown>
  old.isNullOrUndefined ??= (value: unknown): boolean => value === null || value === undefined
  old.isArray ??= Array.isArray
}
