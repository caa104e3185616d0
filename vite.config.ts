import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

/** The page: from src-renderer to dist/renderer, where the shells look for it. */
export default defineConfig({
  root: fileURLToPath(new URL('src-renderer', import.meta.url)),
  base: './',
  // A comment before the root of a component, kept, would make it have two roots, and take style and listeners from it.
  plugins: [vue({ features: { optionsAPI: false }, template: { compilerOptions: { comments: false } } })],
  define: { __VUE_I18N_LEGACY_API__: 'false', __VUE_I18N_FULL_INSTALL__: 'false', __INTLIFY_PROD_DEVTOOLS__: 'false' },
  build: {
    outDir: fileURLToPath(new URL('dist/renderer', import.meta.url)),
    emptyOutDir: true,
    target: 'es2023',
    // Every file has an address of its own: the page's security policy lets scripts and styles come from files alone.
    assetsInlineLimit: 0,
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
})
