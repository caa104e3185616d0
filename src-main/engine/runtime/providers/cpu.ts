import * as tf from '@tensorflow/tfjs'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { Provider } from '../provider.ts'

/** TensorFlow.js in plain JavaScript: works everywhere, slowly. */
export const plainJavaScript: Provider = {
  name: 'cpu',
  title: 'Plain JavaScript',
  async load() {
    if (!(await tf.setBackend('cpu'))) throw new SpicerackError('BACKEND_UNAVAILABLE', say('backendNoStart', { title: 'Plain JavaScript' }))
    return { device: 'CPU, one core, JavaScript' }
  },
}
