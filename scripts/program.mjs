import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { trainingEnvironment } from '../src-shared/training-environment.mjs'
import { node24Path, root, searchPath } from './node-24.mjs'

const places = {
  biome: ['@biomejs', 'biome', 'bin', 'biome'],
  knip: ['knip', 'bin', 'knip.js'],
  tsc: ['typescript', 'bin', 'tsc'],
  vitest: ['vitest', 'vitest.mjs'],
  'vue-tsc': ['vue-tsc', 'bin', 'vue-tsc.js'],
}

/**
 * Runs a development program under Node 24, its output passed on as it comes; resolves to whether it ended well, and the seconds
 * it took.
 */
export function runProgram(name, args, environment = {}) {
  const startedAt = Date.now()
  const child = spawn(node24Path(), [join(root, 'node_modules', ...places[name]), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...trainingEnvironment, ...process.env, ...environment, PATH: searchPath() },
  })
  return new Promise((resolve) => {
    child.on('error', () => resolve({ ok: false, seconds: 0 }))
    child.on('exit', (code) => resolve({ ok: code === 0, seconds: Math.round((Date.now() - startedAt) / 1000) }))
  })
}

/** The static checks: types in each environment, format and lint, dead code. Resolves to the names of those that failed. */
export async function runStaticChecks() {
  const checks = [
    ['types (shared)', 'tsc', ['-p', 'tsconfig.shared.json']],
    ['types (node)', 'tsc', ['-p', 'tsconfig.node.json']],
    ['types (renderer)', 'vue-tsc', ['-p', 'tsconfig.renderer.json', '--noEmit']],
    ['format and lint', 'biome', ['check', '--error-on-warnings']],
    ['dead code', 'knip', []],
  ]
  const failed = []
  for (const [title, program, args] of checks) {
    const { ok, seconds } = await runProgram(program, args)
    console.log(`${ok ? '✓' : '✗'} ${title} (${seconds} s)`)
    if (!ok) failed.push(title)
  }
  return failed
}
