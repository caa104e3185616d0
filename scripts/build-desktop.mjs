/** Builds the desktop's main process and preload into dist/, or below the folder that is given. */
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'electron-vite'
import { root } from './node-24.mjs'

export async function buildDesktop(folder = root) {
  process.chdir(root)
  await build({
    configFile: join(root, 'electron.vite.config.ts'),
    logLevel: 'warn',
    ignoreConfigWarning: true,
    build: { outDir: join(folder, 'dist'), emptyOutDir: true },
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildDesktop(process.argv[2] && resolve(process.argv[2]))
