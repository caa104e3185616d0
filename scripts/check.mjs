/** What to run before each commit, under a minute: types, lint, dead code, the tests that neither train nor wait. */
import { runProgram, runStaticChecks } from './program.mjs'

const failed = await runStaticChecks()
const { ok, seconds } = await runProgram('vitest', [
  'run',
  'tests/architecture.test.ts',
  'tests/shared',
  'tests/images',
  'tests/database',
  'tests/clustering',
])
if (!ok) failed.push('fast tests')
console.log(`${ok ? '✓' : '✗'} fast tests (${seconds} s)`)
process.exitCode = failed.length > 0 ? 1 : 0
