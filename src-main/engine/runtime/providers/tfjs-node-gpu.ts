import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { Provider } from '../provider.ts'
import { addonPackageFolder } from '../tensorflow-build.ts'
import { loadNodeBackend } from './node-backend.ts'

/** tfjs-node-gpu as its own install script sets it up: its prebuilt addon and libtensorflow inside the package. */
export const tfjsNodeGpu: Provider = {
  name: 'tfjs-node-gpu',
  title: 'TensorFlow (tfjs-node-gpu as its installer sets it up)',
  async load() {
    const addonPath = join(addonPackageFolder(), 'lib', 'napi-v8', 'tfjs_binding.node')
    if (!existsSync(addonPath)) throw new SpicerackError('BACKEND_UNAVAILABLE', say('ownInstallerNotRun'))
    return loadNodeBackend(addonPath)
  },
}
