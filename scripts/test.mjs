/** All tests: types, lint, dead code, then vitest. What this machine cannot run is named in one line each. */
import { existsSync } from 'node:fs'
import { runProgram, runStaticChecks } from './program.mjs'
import { pythonPeersPath } from './python-peers.mjs'

const failed = await runStaticChecks()
const python = process.env.SPICERACK_PYTHON ?? pythonPeersPath()
const hasPython = python !== undefined && existsSync(python)
if (!hasPython)
  console.log('Left out: datasets loaded back with torchvision, pandas and NumPy (npm run bootstrap -- --for-tests says why).')
if (!['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].some((path) => existsSync(path)))
  console.log('Left out: tests in a browser and WebGPU in software (no Chromium is installed).')
if (!existsSync(process.env.SPICERACK_ELECTRON ?? '')) console.log('Left out: the desktop window (SPICERACK_ELECTRON names no Electron).')
if (!existsSync(process.env.SPICERACK_PACKAGE ?? '')) console.log('Left out: the packed app (SPICERACK_PACKAGE names no program).')
const { ok, seconds } = await runProgram('vitest', ['run'], hasPython ? { SPICERACK_PYTHON: python } : {})
if (!ok) failed.push('tests')
console.log(`${ok ? '✓' : '✗'} tests (${seconds} s)`)
if (failed.length > 0) console.log(`Failed: ${failed.join(', ')}.`)
process.exitCode = failed.length > 0 ? 1 : 0
