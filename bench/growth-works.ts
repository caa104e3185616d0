import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { clusterByGraph } from '#engine/clustering/graph-clusters.ts'
import { kMeans } from '#engine/clustering/k-means.ts'
import { layoutPlane } from '#engine/clustering/layout-plane.ts'
import { findNeighbours } from '#engine/clustering/neighbours.ts'
import { createEngine } from '#engine/engine.ts'
import { createRandom } from '#engine/ml/random.ts'
import { imagesInMemory } from '#engine/training/image-source.ts'
import { createSelfStage } from '#engine/training/self-heads.ts'
import { imageInputs } from '#engine/training/semi-inputs.ts'
import { createMocoStage } from '#engine/training/stages/pretrain.ts'
import { createFixMatchStage } from '#engine/training/stages/semi.ts'
import { train } from '#engine/training/train-loop.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import { recipeNamed } from '#shared/recipes/index.ts'
import { type RecipeOverrides, type ResolvedRecipe, resolveRecipe } from '#shared/recipes/recipe.ts'
import { cachedViews } from './cached-views.ts'
import { memoryHost } from './memory-host.ts'
import { trainingRounds } from './training-rounds.ts'

/** Work that is done over a number of things, and measured at that number, 4 and 16 times as many. */
export type Work = Readonly<{
  title: string
  /** The smallest number. */
  count: number
  /** Makes what is needed ready, and gives what is measured: it returns its seconds where only a part of it is to be counted. */
  prepare(count: number, folder: string): Promise<() => Promise<number | undefined>>
}>

const memoryBytes = 256 * 2 ** 20
const clusterCount = 10

/** Unit vectors of overlapping groups. */
function vectors(count: number, dimension: number, groupCount: number): Embeddings {
  const random = createRandom(1)
  const noise = Float32Array.from({ length: 1 << 20 }, () => random.normal())
  const centres = Float32Array.from({ length: groupCount * dimension }, () => random.normal())
  const values = new Float32Array(count * dimension)
  for (let row = 0; row < count; row++) {
    const centre = (row % groupCount) * dimension
    let place = random.integer(noise.length)
    let sum = 0
    for (let column = 0; column < dimension; column++) {
      place = (place + 1) % noise.length
      const value = centres[centre + column]! + noise[place]!
      values[row * dimension + column] = value
      sum += value * value
    }
    for (let column = 0; column < dimension; column++) values[row * dimension + column]! /= Math.sqrt(sum)
  }
  return { values, count, dimension }
}

function recipeOf(name: 'standard' | 'faithful', imageCount: number, overrides: RecipeOverrides): ResolvedRecipe {
  return resolveRecipe(recipeNamed(name), { imageCount, clusterCount, imageSize: 32 }, overrides)
}

function noisePixels(count: number): Uint8Array {
  const random = createRandom(1)
  const noise = Uint8Array.from({ length: 1 << 20 }, () => random.integer(256))
  const pixels = new Uint8Array(count * 32 * 32 * 3)
  for (let start = 0; start < pixels.length; start += noise.length)
    pixels.set(noise.subarray(0, Math.min(noise.length, pixels.length - start)), start)
  return pixels
}

const whole = (work: () => Promise<unknown>) => async (): Promise<undefined> => {
  await work()
}

export const works: Readonly<Record<string, Work>> = {
  neighbours: {
    title: 'exact neighbours, 512 dimensions, k = 100',
    count: 2500,
    async prepare(count) {
      const rows = vectors(count, 512, 100)
      return whole(() => findNeighbours(rows, { neighbourCount: 100, memoryBytes }))
    },
  },
  'k-means': {
    title: 'k-means, 512 dimensions, K = 100, 2 starts',
    count: 3125,
    async prepare(count) {
      const rows = vectors(count, 512, 300)
      return whole(() => kMeans(rows, { clusterCount: 100, metric: 'euclidean', restarts: 2, iterations: 25, seed: 1 }))
    },
  },
  layout: {
    title: '2-D layout, 512 dimensions',
    count: 2500,
    async prepare(count) {
      const rows = vectors(count, 512, 100)
      return whole(() => layoutPlane(rows, { neighbourCount: 15, memoryBytes, seed: 1 }))
    },
  },
  heads: {
    title: 'SPICE-Self, 10 heads, 2 epochs, 512 dimensions, 8 stored views',
    count: 1000,
    async prepare(count) {
      const rows = vectors(count, 512, clusterCount)
      const copies = (number: number): Embeddings[] => Array.from({ length: number }, () => ({ ...rows, values: rows.values.slice() }))
      const { self: settings } = recipeOf('standard', count, { self: { epochs: 2, start: 'k-means' } })
      return whole(async () => {
        const host = memoryHost()
        const views = cachedViews(rows, copies(2), copies(6), 1)
        const stage = createSelfStage({ ...{ embeddings: rows, settings, clusterCount, seed: 1, host }, views })
        await train(stage, { name: 'self', checkpointMinutes: 1000 }, host)
        stage.dispose()
      })
    },
  },
  graph: {
    title: 'division by the graph of neighbours, 320 + 448 dimensions, 10 clusters',
    count: 1000,
    async prepare(count) {
      const rows = vectors(count, 768, clusterCount)
      return whole(() => clusterByGraph(rows, { clusterCount, partDimensions: [320, 448], memoryBytes, seed: 1 }))
    },
  },
  moco: {
    title: 'MoCo, 24 steps of 64 images, width 16, 32 px',
    count: 4096,
    async prepare(count) {
      const { pretrain } = recipeOf('standard', count, { pretrain: { batchSize: 64, queueSize: 4096, epochs: 800, precision: 'float32' } })
      const steps = { warmup: 4, measured: 24 }
      const round = trainingRounds(createMocoStage(imagesInMemory(noisePixels(count), 32), pretrain, 1), steps)
      return async () => (steps.measured * 64) / (await round()).imagesPerSecond
    },
  },
  fixmatch: {
    title: 'FixMatch, 4 steps of 16 + 112 images, wide ResNet 28-2, 32 px',
    count: 4096,
    async prepare(count) {
      const recipe = recipeOf('faithful', count, { semi: { batchSize: 16 }, pretrain: { precision: 'float32' } })
      const samples = { images: Int32Array.from({ length: count / 4 }, (_, place) => place), labels: new Int32Array(count / 4) }
      const inputs = imageInputs(imagesInMemory(noisePixels(count), 32), recipe, clusterCount, 1)
      const steps = { warmup: 1, measured: 4 }
      const round = trainingRounds(createFixMatchStage(inputs, samples, recipe, clusterCount, 1, memoryHost()), steps)
      return async () => (steps.measured * 128) / (await round()).imagesPerSecond
    },
  },
  ingest: {
    title: 'import of JPEG images of 0.3 megapixels',
    count: 250,
    async prepare(count, folder) {
      const images = join(folder, 'images')
      if (readdirSync(images).length !== count) throw new Error(`There are not ${count} images in ${images}.`)
      const engine = createEngine({
        stateFolder: join(folder, 'state'),
        reportBug(error) {
          throw error
        },
      })
      const client = createEngineClient((request) => engine.handle(request))
      await client.project.create({ path: join(folder, 'grown.spicerack') })
      return whole(async () => {
        const job = await client.images.import({ folder: images })
        for await (const event of await client.jobs.events({ jobId: job.id }))
          if (event.type === 'state' && event.state.kind === 'failed') throw new Error('The import failed.')
        await engine.close()
      })
    },
  },
}
