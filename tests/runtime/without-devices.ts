import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'

/** For the tests of a file: a machine with neither an installed TensorFlow nor a driver for WebGPU. */
export function hideDevices(): void {
  let folder: string
  const before = { ...process.env }
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'spicerack-runtime-'))
    Object.assign(process.env, { XDG_CACHE_HOME: folder, SPICERACK_TENSORFLOW: 'cpu', VK_ICD_FILENAMES: join(folder, 'none.json') })
  })
  afterAll(() => {
    for (const name of ['XDG_CACHE_HOME', 'SPICERACK_TENSORFLOW', 'VK_ICD_FILENAMES'])
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    rmSync(folder, { recursive: true, force: true })
  })
}

/** Why each of the first three backends cannot be used on such a machine. */
export const reasons = {
  'tfjs-node-gpu': "tfjs-node-gpu's own install script was not run, so it has no addon and no libraries of its own.",
  'tensorflow-wheel': 'The TensorFlow runtime is not installed, or is damaged.',
  webgpu: 'No GPU that WebGPU can use was found (no Vulkan, Direct3D 12 or Metal driver).',
} as const
