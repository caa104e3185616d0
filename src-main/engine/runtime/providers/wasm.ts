import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { dirname, join, sep } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { Provider } from '../provider.ts'
import { registerWasmTrainingKernels } from '../wasm-training-kernels.ts'

/** TensorFlow.js on WebAssembly, with the kernels for training that it lacks. */
export const wasm: Provider = {
  name: 'wasm',
  title: 'WebAssembly',
  async load() {
    const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))
    setWasmPaths(join(folder, sep))
    setThreadsCount(Math.min(8, cpus().length))
    if (!(await tf.setBackend('wasm'))) throw new SpicerackError('BACKEND_UNAVAILABLE', say('backendNoStart', { title: 'WebAssembly' }))
    registerWasmTrainingKernels()
    return { device: `CPU, ${cpus().length} cores, WebAssembly` }
  },
}
