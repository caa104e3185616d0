import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A page that is opened or an engine that answers may take seconds on a busy machine.
    expect: { poll: { timeout: 15_000 } },
    pool: 'forks',
    maxWorkers: 2,
    env: { TF_CPP_MIN_LOG_LEVEL: '2', SPICERACK_STATE: join(tmpdir(), 'spicerack-test-state') },
  },
})
