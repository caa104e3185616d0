import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Feeds } from '#engine/graph/feeds.ts'
import { createRandom } from '#engine/ml/random.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { type ImageSource, imagesInMemory, openImageSource } from '#engine/training/image-source.ts'
import { StageStopped } from '#engine/training/run-context.ts'
import { imageInputs } from '#engine/training/semi-inputs.ts'
import type { TrainingStage } from '#engine/training/stage.ts'
import { createMocoStage } from '#engine/training/stages/pretrain.ts'
import { createFixMatchStage } from '#engine/training/stages/semi.ts'
import { train } from '#engine/training/train-loop.ts'
import { recipeNamed } from '#shared/recipes/index.ts'
import { type RecipeOverrides, type ResolvedRecipe, resolveRecipe } from '#shared/recipes/recipe.ts'
import { option } from './arguments.ts'
import { memoryHost } from './memory-host.ts'
import { loadNow, median, pythonVersions, spread, writeResults } from './result-table.ts'

// Whether a step waits for its batch: the time between the end of a step and the start of the next, in the product's own loop.
// Arguments: [--steps 30] [--only NAME,…]

type StepTimes = Readonly<{ stepMs: number; idleMs: number; gatherMs: number; pixelsMs: number }>

const warmup = 3
const steps = Number(option('steps', '30'))

/** Reads by range, since it is larger than what a reader keeps in memory. */
const largePackBytes = 1.2 * 2 ** 30

/** A source that notes how long its reading takes. */
function timed(source: ImageSource): { source: ImageSource; takeMs(): number } {
  let milliseconds = 0
  return {
    source: {
      ...source,
      images(indices) {
        const startedAt = performance.now()
        const images = source.images(indices)
        milliseconds += performance.now() - startedAt
        return images
      },
    },
    takeMs() {
      const taken = milliseconds
      milliseconds = 0
      return taken
    },
  }
}

async function measure<Given extends Feeds>(stage: TrainingStage<Given>, takePixelsMs: () => number): Promise<StepTimes[]> {
  const times: StepTimes[] = []
  let endedAt = Number.NaN
  let gatherMs = 0
  const watched: TrainingStage<Given> = {
    ...stage,
    async feeds(step) {
      const startedAt = performance.now()
      const feeds = await stage.feeds(step)
      gatherMs = performance.now() - startedAt
      return feeds
    },
    takeStep(feeds) {
      const startedAt = performance.now()
      const results = stage.takeStep(feeds)
      const now = performance.now()
      times.push({ stepMs: now - startedAt, idleMs: startedAt - endedAt, gatherMs, pixelsMs: takePixelsMs() })
      endedAt = now
      return results
    },
  }
  const host = memoryHost({ shouldStop: () => times.length === warmup + steps })
  await train(watched, { name: 'fed', checkpointMinutes: 1000 }, host).catch((error: unknown) => {
    if (!(error instanceof StageStopped)) throw error
  })
  stage.dispose()
  return times.slice(warmup)
}

function recipeOf(name: 'standard' | 'faithful', imageSize: number, overrides: RecipeOverrides): ResolvedRecipe {
  return resolveRecipe(recipeNamed(name), { imageCount: 4096, clusterCount: 10, imageSize }, overrides)
}

const random = createRandom(1)
const noise = Uint8Array.from({ length: 1 << 24 }, () => random.integer(256))
const inMemory = (sidePx: number): ImageSource =>
  imagesInMemory(noise.slice(0, Math.floor(noise.length / (sidePx ** 2 * 3)) * sidePx ** 2 * 3), sidePx)

function inLargeFile(folder: string, sidePx: number): ImageSource {
  const rowBytes = sidePx ** 2 * 3
  const count = Math.ceil(largePackBytes / rowBytes)
  const path = join(folder, 'large.pack')
  const file = openSync(path, 'w')
  for (let written = 0; written < count * rowBytes; written += noise.length) writeSync(file, noise)
  closeSync(file)
  return openImageSource(
    { path, size: sidePx, count },
    Int32Array.from({ length: count }, (_, row) => row),
  )
}

async function moco(given: ImageSource, width: number, batchSize: number, backbone: string): Promise<StepTimes[]> {
  const { source, takeMs } = timed(given)
  const { pretrain } = recipeOf('standard', source.side, {
    pretrain: { backbone, widthFactor: width / 64, sidePx: source.side, batchSize, queueSize: 4096, epochs: 800, precision: 'bfloat16' },
  })
  return measure(createMocoStage(source, pretrain, 1), takeMs)
}

async function fixmatch(given: ImageSource): Promise<StepTimes[]> {
  const { source, takeMs } = timed(given)
  const recipe = recipeOf('faithful', source.side, { semi: { batchSize: 16 }, pretrain: { precision: 'bfloat16' } })
  const samples = { images: Int32Array.from({ length: 400 }, (_, place) => place), labels: new Int32Array(400) }
  return measure(createFixMatchStage(imageInputs(source, recipe, 10, 1), samples, recipe, 10, 1, memoryHost()), takeMs)
}

const folder = mkdtempSync(join(tmpdir(), 'spicerack-feeding-'))
try {
  const loadBefore = loadNow()
  await loadBackend('auto')
  const cases: Readonly<Record<string, () => Promise<StepTimes[]>>> = {
    'MoCo, width 16, 32 px, 64 images': () => moco(inMemory(32), 16, 64, 'resnet18-cifar'),
    'MoCo, width 16, 64 px, 128 images (as `standard`)': () => moco(inMemory(64), 16, 128, 'resnet18-cifar'),
    'the same from a pack of 1.2 GB, by range, in the page cache': () => moco(inLargeFile(folder, 64), 16, 128, 'resnet18-cifar'),
    'FixMatch, wide ResNet 28-2, 32 px, 16 + 112 images': () => fixmatch(inMemory(32)),
  }
  const rows: string[][] = []
  for (const [name, run] of Object.entries(cases)) {
    const times = await run()
    const column = (of: (each: StepTimes) => number): number[] => times.map(of)
    rows.push([
      name,
      spread(
        column(({ stepMs }) => stepMs),
        1,
      ),
      spread(
        column(({ idleMs }) => idleMs),
        2,
      ),
      median(column(({ gatherMs }) => gatherMs)).toFixed(2),
      median(column(({ pixelsMs }) => pixelsMs)).toFixed(2),
      `**${(100 * median(times.map(({ stepMs, idleMs }) => idleMs / (stepMs + idleMs)))).toFixed(1)} %**`,
    ])
    console.error(rows.at(-1)!.join(' | '))
  }
  writeResults({
    name: 'feeding',
    title: 'Whether a step waits for its batch',
    notes: [
      `In the product's own loop, compiled, bfloat16, ${steps} steps after ${warmup}: a step from its call to its results (it holds the thread meanwhile), and the time in which no step computes, from the end of one to the start of the next. Milliseconds, median (least-most).`,
      'Of that time, gathering is what `feeds` takes: reading the pixels of the batch, and drawing what is random in its views. The rest is metrics, progress and a turn of the event loop.',
      'Goal: the step never waits, which would be 0 %.',
    ],
    header: ['', 'step', 'no step computes', 'of it gathering', 'of that reading pixels', 'share of the whole'],
    rows,
    loadBefore,
    versions: pythonVersions([]),
  })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
