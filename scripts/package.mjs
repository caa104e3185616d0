/**
 * Makes packages for the system that this runs on, in dist/packages: `npm run package`, or `npm run package -- --dir` for the unpacked
 * folder alone. With SPICERACK_ELECTRON the Electron beside that program is packed, else the one of the package electron.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'vite'
import { buildDesktop } from './build-desktop.mjs'
import { root } from './node-24.mjs'
import { stageEngine } from './stage-engine.mjs'

await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn' })
await buildDesktop()
stageEngine(join(root, 'dist', 'stage'))

const told = process.env.SPICERACK_ELECTRON
const electron = told
  ? [
      `--config.electronDist=${dirname(told)}`,
      `--config.electronVersion=${readFileSync(join(dirname(told), 'version'), 'utf8')
        .trim()
        .replace(/^v/, '')}`,
    ]
  : []
const builder = join(root, 'node_modules', 'electron-builder', 'cli.js')
const { status } = spawnSync(
  process.execPath,
  [builder, '--config', 'electron-builder.config.mjs', '--publish', 'never', ...electron, ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
)
process.exitCode = status ?? 1
