import * as tf from '@tensorflow/tfjs'
import { SpicerackError } from '#shared/errors.ts'
import type { Provider } from '../provider.ts'

/** TensorFlow.js in plain JavaScript: works everywhere, slowly. */
export const plainJavaScript: Provider = {
  name: 'cpu',
  title: 'Plain JavaScript',
  async load() {
    if (!(await tf.setBackend('cpu'))) throw new SpicerackError('BACKEND_UNAVAILABLE', 'The JavaScript backend did not start.')
    return { device: 'CPU, one core, JavaScript' }
  },
}
