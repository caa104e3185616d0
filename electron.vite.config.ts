import { fileURLToPath } from 'node:url'
import { defineConfig } from 'electron-vite'

const source = (path: string): string => fileURLToPath(new URL(`src-main/desktop/${path}`, import.meta.url))

/** The desktop's main process and preload. The page is built by vite.config.ts, for each shell the same. */
export default defineConfig({
  main: {
    build: {
      outDir: 'dist/main',
      externalizeDeps: false,
      rolldownOptions: { input: source('main.ts'), output: { format: 'es', entryFileNames: '[name].js' } },
    },
  },
  preload: {
    build: {
      outDir: 'dist/preload',
      externalizeDeps: false,
      // A sandboxed preload is a single CommonJS file.
      rolldownOptions: { input: source('preload.ts'), output: { format: 'cjs', entryFileNames: '[name].cjs' } },
    },
  },
})
