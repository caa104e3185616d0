/** npm run bench -- [NAME ...ARGUMENTS]: one benchmark with its arguments, or all of them one after the other. Tables: bench/results. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root, runInNode24 } from './node-24.mjs'

const names = [
  ...['moco-step', 'fixmatch-step', 'embedding', 'feeding', 'self-heads', 'neighbours', 'k-means', 'ingest', 'quality', 'grid'],
  ...['growth', 'quick-memory', 'start-up', 'map', 'exports'],
]
const [name, ...args] = process.argv.slice(2)
if (name && !existsSync(join(root, 'bench', `${name}.ts`))) {
  console.error(`There is no benchmark "${name}". There are: ${names.join(', ')}.`)
  process.exit(1)
}
for (const each of name ? [name] : names) {
  const exitCode = await runInNode24(join('bench', `${each}.ts`), args)
  if (exitCode !== 0) process.exit(exitCode)
}
