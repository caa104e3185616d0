import { existsSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs'
import { installedTensorFlow } from '#engine/runtime/install-tensorflow.ts'
import { providers } from '#engine/runtime/load-backend.ts'
import type { ProviderName } from '#engine/runtime/provider.ts'

/** Where Debian's chromium keeps the description of its software Vulkan driver. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json'

/** The Vulkan loader, through which WebGPU finds any driver; Debian's package libvulkan1. */
const vulkanLoaders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'].map(
  (folder) => `${folder}/libvulkan.so.1`,
)

/**
 * The backends on which tests can run here. All are required where SPICERACK_REQUIRE_ALL is 1 (CI); elsewhere a missing one is left out.
 * Use: `describe.each(await availableBackends())`, with `useBackend(name)` in `beforeAll`.
 */
export async function availableBackends(): Promise<ProviderName[]> {
  const names: ProviderName[] = []
  const isRequired = process.env.SPICERACK_REQUIRE_ALL === '1'
  if (isRequired || (await installedTensorFlow())) names.push('tensorflow-wheel')
  if (isRequired || (existsSync(swiftShader) && vulkanLoaders.some((path) => existsSync(path)))) names.push('webgpu')
  return [...names, 'wasm', 'cpu']
}

const backendNames: Partial<Record<ProviderName, string>> = { 'tensorflow-wheel': 'tensorflow' }
const started = new Map<ProviderName, Promise<unknown>>()

/** Loads a backend once and makes it the current one; WebGPU runs on the software driver, without a GPU. */
export async function useBackend(name: ProviderName): Promise<void> {
  if (name === 'webgpu' && !process.env.VK_ICD_FILENAMES) process.env.VK_ICD_FILENAMES = swiftShader
  const provider = providers.find((each) => each.name === name)
  if (!provider) throw new Error(`There is no backend ${name}.`)
  if (!started.has(name)) started.set(name, provider.load())
  await started.get(name)
  await tf.setBackend(backendNames[name] ?? name)
}
