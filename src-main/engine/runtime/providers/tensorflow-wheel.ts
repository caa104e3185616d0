import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { installedTensorFlow } from '../install-tensorflow.ts'
import type { Provider } from '../provider.ts'
import { unsupportedReason } from '../tensorflow-build.ts'
import { loadNodeBackend } from './node-backend.ts'

/** tfjs-node-gpu's addon, compiled here, on the TensorFlow libraries of a Python wheel. */
export const tensorFlowWheel: Provider = {
  name: 'tensorflow-wheel',
  title: 'TensorFlow (libraries of the Python wheel)',
  async load() {
    const unsupported = unsupportedReason()
    if (unsupported !== undefined) throw new SpicerackError('BACKEND_UNAVAILABLE', unsupported)
    const installed = await installedTensorFlow()
    if (!installed)
      throw new SpicerackError('BACKEND_UNAVAILABLE', say('tensorFlowMissing'), {
        advice: say('bootstrapAgain'),
      })
    const { device } = await loadNodeBackend(installed.addonPath)
    return { device: `${device}, TensorFlow ${installed.version} ${installed.kind === 'cuda' ? 'CUDA' : 'CPU'} build` }
  },
}
