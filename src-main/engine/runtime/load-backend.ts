import * as tf from '@tensorflow/tfjs'
import { SpicerackError, toErrorData } from '#shared/errors.ts'
import { type Message, say } from '#shared/said.ts'
import type { BackendChoice } from '#shared/worker-protocol.ts'
import type { Provider, ProviderName } from './provider.ts'
import { plainJavaScript } from './providers/cpu.ts'
import { tensorFlowWheel } from './providers/tensorflow-wheel.ts'
import { tfjsNodeGpu } from './providers/tfjs-node-gpu.ts'
import { wasm } from './providers/wasm.ts'
import { webgpu } from './providers/webgpu.ts'
import { runSelfTest, type SelfTestResult, selfTestTolerance } from './self-test.ts'

/** Every provider, best first. */
export const providers: readonly Provider[] = [tfjsNodeGpu, tensorFlowWheel, webgpu, wasm, plainJavaScript]

export type LoadedBackend = Readonly<{
  name: ProviderName
  title: string
  /** What it computes on, for a person. */
  device: string
  selfTest: SelfTestResult
  /** Set when it works, but `auto` passes it by. */
  slowReason?: Message
  /** Providers before it in the order, and why they are not used. */
  skipped: readonly Readonly<{ name: ProviderName; reason: string }>[]
}>

let loaded: Promise<LoadedBackend> | undefined

/**
 * Loads a compute backend into this thread and makes it TensorFlow.js's current one. `auto` takes the first in order that loads, passes
 * its self-test and is not known to be slow; a named one is taken or an error is thrown, nothing else is tried.
 * Call it in the one thread of a process that computes: TensorFlow loads once a process. A second call returns the first one's backend.
 * Throws BACKEND_UNAVAILABLE with the reason, also when another backend is loaded already.
 */
export async function loadBackend(choice: BackendChoice): Promise<LoadedBackend> {
  loaded ??= load(choice).catch((error: unknown) => {
    loaded = undefined
    throw error
  })
  const backend = await loaded
  if (choice !== 'auto' && backend.name !== choice)
    throw new SpicerackError('BACKEND_UNAVAILABLE', say('otherBackendLoaded', { title: backend.title, backend: choice }))
  return backend
}

async function load(choice: BackendChoice): Promise<LoadedBackend> {
  if (!process.env.SPICERACK_TFJS_CHECKS) tf.enableProdMode()
  const candidates = providers.filter((provider) => choice === 'auto' || provider.name === choice)
  const skipped: { name: ProviderName; reason: string }[] = []
  for (const provider of candidates) {
    try {
      const backend = await loadAndTest(provider)
      if (choice !== 'auto' || backend.slowReason === undefined) return { ...backend, skipped }
      skipped.push({ name: provider.name, reason: backend.slowReason.text })
    } catch (error) {
      const { message, said } = toErrorData(error)
      if (choice !== 'auto')
        throw new SpicerackError('BACKEND_UNAVAILABLE', say('backendFailed', { backend: choice, detail: message }), {
          advice: said?.advice ?? say('otherBackend'),
          cause: error,
        })
      skipped.push({ name: provider.name, reason: message })
    }
  }
  throw new SpicerackError(
    'BACKEND_UNAVAILABLE',
    say('noBackend', { detail: skipped.map(({ name, reason }) => `${name}: ${reason}`).join(' ') }),
  )
}

async function loadAndTest(provider: Provider): Promise<Omit<LoadedBackend, 'skipped'>> {
  const { device, slowReason } = await provider.load()
  const selfTest = await runSelfTest()
  if (!(selfTest.error <= selfTestTolerance))
    throw new SpicerackError(
      'BACKEND_UNAVAILABLE',
      say('wrongConvolution', { title: provider.title, error: selfTest.error.toExponential(1) }),
    )
  return { name: provider.name, title: provider.title, device, selfTest, ...(slowReason !== undefined && { slowReason }) }
}
