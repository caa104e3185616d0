import { beforeAll, describe } from 'vitest'
import { availableBackends, useBackend } from '../backends.ts'

const backends = (await availableBackends()).filter((name) => name === 'tensorflow-wheel' || name === 'cpu')

/** The tests on plain JavaScript, and on TensorFlow where it is installed. */
export function onEachBackend(tests: () => void): void {
  describe.each(backends)('on %s', (name) => {
    beforeAll(() => useBackend(name))
    tests()
  })
}
