import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importChain, readImports, readSource, repositoryRoot, resolveImport, sourceFiles } from './source-imports.ts'

/** What a layer may import besides itself: other layers, packages, and whether Node's own modules. */
type Layer = Readonly<{ layers: readonly string[]; packages: readonly string[]; hasNode: boolean }>

const engine = 'src-main/engine'
const engineRoot = `${engine}/engine.ts`

/** The import table: who may import whom, by the start of the path; the longest start that fits counts. */
const layers: Readonly<Record<string, Layer>> = {
  'src-shared': { layers: [], packages: ['zod', '@orpc/contract', '@orpc/client'], hasNode: false },
  [`${engine}/ml`]: { layers: ['src-shared'], packages: ['@tensorflow/tfjs'], hasNode: false },
  [`${engine}/graph`]: { layers: [`${engine}/ml`], packages: ['@tensorflow/tfjs'], hasNode: true },
  [`${engine}/runtime`]: {
    layers: ['src-shared', `${engine}/files`],
    packages: [
      '@tensorflow/tfjs',
      '@tensorflow/tfjs-node-gpu',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-backend-webgpu',
      'webgpu',
      'node-api-headers',
    ],
    hasNode: true,
  },
  [`${engine}/files`]: { layers: [], packages: [], hasNode: true },
  [`${engine}/images`]: { layers: ['src-shared'], packages: ['sharp'], hasNode: true },
  [`${engine}/database`]: { layers: ['src-shared'], packages: ['better-sqlite3'], hasNode: true },
  [`${engine}/clustering`]: { layers: ['src-shared', `${engine}/ml`], packages: ['@tensorflow/tfjs', 'munkres'], hasNode: false },
  [`${engine}/training`]: {
    layers: ['src-shared', `${engine}/ml`, `${engine}/graph`, `${engine}/clustering`, `${engine}/images`],
    packages: ['@tensorflow/tfjs'],
    hasNode: false,
  },
  [`${engine}/worker`]: {
    layers: ['src-shared', `${engine}/training`, `${engine}/clustering`, `${engine}/ml`, `${engine}/runtime`, `${engine}/files`],
    packages: ['birpc', 'onnxruntime-node'],
    hasNode: true,
  },
  [`${engine}/exporting`]: {
    layers: ['src-shared', `${engine}/database`, `${engine}/images`],
    packages: ['hyparquet-writer', 'papaparse', 'sharp'],
    hasNode: true,
  },
  [`${engine}/jobs`]: {
    layers: ['src-shared', `${engine}/database`, `${engine}/images`, `${engine}/exporting`, `${engine}/clustering`, `${engine}/files`],
    packages: ['birpc', 'zod'],
    hasNode: true,
  },
  [`${engine}/api`]: {
    layers: [
      'src-shared',
      `${engine}/jobs`,
      `${engine}/database`,
      `${engine}/images`,
      `${engine}/exporting`,
      `${engine}/clustering`,
      `${engine}/files`,
    ],
    packages: ['@orpc/server', '@orpc/openapi', '@orpc/zod', 'zod', 'papaparse'],
    hasNode: true,
  },
  [engineRoot]: {
    layers: ['src-shared', `${engine}/jobs`, `${engine}/database`, `${engine}/images`, `${engine}/exporting`, `${engine}/api`],
    packages: [],
    hasNode: true,
  },
  'src-main/server': { layers: ['src-shared', engineRoot], packages: [], hasNode: true },
  'src-main/desktop': { layers: ['src-shared', 'src-main/server'], packages: ['electron'], hasNode: true },
  'src-main/cli': { layers: ['src-shared', engineRoot, 'src-main/server'], packages: ['commander', 'cli-progress'], hasNode: true },
  'src-renderer': {
    layers: ['src-shared', 'src-renderer/client'],
    packages: ['vue', 'vue-router', 'pinia', 'vue-i18n', 'reka-ui', '@lucide/vue'],
    hasNode: false,
  },
  'src-renderer/client': { layers: ['src-shared'], packages: ['@orpc/client', '@orpc/contract'], hasNode: false },
}

type Manifest = Record<'dependencies' | 'optionalDependencies' | 'devDependencies', Record<string, string>>
const manifest = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as Manifest
/** Electron is not loaded from node_modules: it is the program that loads us. */
const dependencies: Record<string, string | undefined> = {
  ...manifest.dependencies,
  ...manifest.optionalDependencies,
  electron: manifest.devDependencies.electron,
}

function layerOf(path: string): string | undefined {
  return Object.keys(layers)
    .filter((start) => path === start || path.startsWith(`${start}/`))
    .sort((one, other) => other.length - one.length)[0]
}

/** What an import breaks, as a sentence; undefined when it is allowed. */
function problemOf(importer: string, specifier: string): string | undefined {
  const name = importer.replace(`${engine}/`, '')
  const layerName = layerOf(importer)
  const layer = layerName === undefined ? undefined : layers[layerName]
  if (!layer) return `${name} belongs to no layer`
  const target = resolveImport(importer, specifier)
  if ('node' in target) return layer.hasNode ? undefined : `${name} may not import ${target.node}`
  if ('package' in target) {
    if (!layer.packages.includes(target.package)) return `${name} may not import ${target.package}`
    return dependencies[target.package] ? undefined : `${name} imports ${target.package}, which package.json does not list`
  }
  const targetLayer = layerOf(target.file)
  if (targetLayer === layerName || (targetLayer !== undefined && layer.layers.includes(targetLayer))) return undefined
  return `${name} may not import ${target.file.replace(`${engine}/`, '')}`
}

function problemsOf(importer: string, text: string): string[] {
  return readImports(importer, text)
    .map(({ specifier }) => problemOf(importer, specifier))
    .filter((problem) => problem !== undefined)
}

const isTensorFlow = (target: ReturnType<typeof resolveImport>): boolean => 'package' in target && target.package.startsWith('@tensorflow/')

describe('imports', () => {
  const files = sourceFiles(['src-main', 'src-shared', 'src-renderer'])

  it('keep to the import table', () => {
    expect(files.length).toBeGreaterThan(100)
    expect(files.flatMap((path) => problemsOf(path, readSource(path)))).toEqual([])
  })

  it('name files that exist', () => {
    const missing = files.flatMap((path) =>
      readImports(path, readSource(path)).flatMap(({ specifier }) => {
        const target = resolveImport(path, specifier)
        return 'file' in target && !existsSync(join(repositoryRoot, target.file)) ? [`${path} imports ${target.file}`] : []
      }),
    )
    expect(missing).toEqual([])
  })

  it('never load TensorFlow.js on the main thread of the engine', () => {
    expect(importChain(engineRoot, isTensorFlow)?.join(' -> ')).toBeUndefined()
  })
})

describe('the import table', () => {
  const cases = [
    ['ml/losses/info-nce.ts', "import sharp from 'sharp'", 'may not import sharp'],
    ['ml/losses/info-nce.ts', "import { readFileSync } from 'node:fs'", 'may not import node:fs'],
    ['ml/losses/info-nce.ts', "import { openPack } from '../../images/pixel-pack.ts'", 'may not import images/pixel-pack.ts'],
    ['ml/losses/info-nce.ts', "import type { Project } from '#engine/database/project.ts'", 'may not import database/project.ts'],
    [
      'training/stages/self.ts',
      "const { load } = await import('#engine/runtime/load-backend.ts')",
      'may not import runtime/load-backend.ts',
    ],
    ['jobs/run-job.ts', "export { runStage } from '#engine/worker/training-worker.ts'", 'may not import worker/training-worker.ts'],
    ['jobs/run-job.ts', "let stage: import('#engine/training/stage.ts').Stage", 'may not import training/stage.ts'],
    ['images/scan-folder.ts', "const tf = require('@tensorflow/tfjs')", 'may not import @tensorflow/tfjs'],
    ['api/engine.ts', "import lodash from 'lodash/fp'", 'may not import lodash'],
    ['engine.ts', "import { loadBackend } from './runtime/load-backend.ts'", 'may not import runtime/load-backend.ts'],
  ] as const

  it.each(cases)('refuses in %s: %s', (path, text, sentence) => {
    expect(problemsOf(`${engine}/${path}`, text)).toEqual([`${path} ${sentence}`])
  })

  it('refuses what reaches past the root of the engine, from a shell and from the page', () => {
    expect([
      ...problemsOf('src-main/cli/main.ts', "import { openProject } from '#engine/database/project.ts'"),
      ...problemsOf(
        'src-renderer/pages/Home.vue',
        '<script setup lang="ts">\nimport { createEngine } from \'#engine/engine.ts\'\n</script>',
      ),
      ...problemsOf('src-renderer/pages/Home.vue', "<script setup>\nimport { createORPCClient } from '@orpc/client'\n</script>"),
      ...problemsOf('src-shared/errors.ts', "import { z } from 'zod'\nimport '../src-main/server/http-shell.ts'"),
      ...problemsOf('src-main/new-folder/file.ts', "import 'zod'"),
      ...problemsOf('src-main/desktop/main.ts', "import { app } from 'electron'\nimport sharp from 'sharp'"),
    ]).toEqual([
      'src-main/cli/main.ts may not import database/project.ts',
      'src-renderer/pages/Home.vue may not import engine.ts',
      'src-renderer/pages/Home.vue may not import @orpc/client',
      'src-shared/errors.ts may not import src-main/server/http-shell.ts',
      'src-main/new-folder/file.ts belongs to no layer',
      'src-main/desktop/main.ts may not import sharp',
    ])
  })

  it('allows what is listed, and does not read comments and strings as imports', () => {
    const text = `
      // import sharp from 'sharp'
      import * as tf from '@tensorflow/tfjs'
      import { createRandom } from '../random.ts'
      import { SpicerackError } from '#shared/errors.ts'
      export const note = "import sharp from 'sharp'"
    `
    expect(problemsOf(`${engine}/ml/losses/info-nce.ts`, text)).toEqual([])
  })
})

describe('importChain', () => {
  const tree: Record<string, string> = {
    'a.ts': "import type { B } from './types.ts'\nimport { c } from './c.ts'",
    'types.ts': "import '@tensorflow/tfjs'",
    'c.ts': "const lazy = () => import('./lazy.ts')\nexport * from './d.ts'",
    'lazy.ts': "import '@tensorflow/tfjs'",
    'd.ts': "import './a.ts'\nimport { type Tensor } from '@tensorflow/tfjs'",
    'e.ts': "import type { B } from './types.ts'\nimport './a-without.ts'",
    'a-without.ts': "export const lazy = () => import('@tensorflow/tfjs')",
  }
  const read = (path: string): string => tree[path] as string

  it('finds what is loaded through other files, in cycles too', () => {
    expect(importChain('a.ts', isTensorFlow, read)).toEqual(['a.ts', 'c.ts', 'd.ts', '@tensorflow/tfjs'])
  })

  it('passes by types and what is loaded later', () => {
    expect(importChain('e.ts', isTensorFlow, read)).toBeUndefined()
  })
})
