import { readFileSync } from 'node:fs'
import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { clusterByGraph } from '#engine/clustering/graph-clusters.ts'
import { kMeans } from '#engine/clustering/k-means.ts'
import { whitenFeatures } from '#engine/clustering/whitening.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { imagesInMemory } from '#engine/training/image-source.ts'
import { runStage } from '#engine/training/run-stage.ts'
import { recipeNamed } from '#shared/recipes/index.ts'
import { resolveRecipe } from '#shared/recipes/recipe.ts'
import { memoryHost } from './memory-host.ts'
import { serveRounds } from './rounds.ts'

// Our own clusterers of given features: the side of clusterers.ts that is not Python. A process for each measurement.

export type OwnRequest = Readonly<{
  method: string
  file: string
  dimension: number
  partDimensions: readonly number[]
  clusterCount: number
  seed: number
}>

/** `surenesses`: of each image how sure we say that we are, by what says it. */
type Found = Readonly<{ clusters: Int32Array; surenesses?: Readonly<Record<string, Float32Array>> }>

const memoryBytes = 256 * 2 ** 20

if (process.argv[1]?.endsWith('own-clusterers.ts')) await serve()

async function serve(): Promise<void> {
  await loadBackend('auto')
  await serveRounds(async (given) => {
    const request = given as unknown as OwnRequest
    const bytes = readFileSync(request.file)
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer)
    const points = { values, count: values.length / request.dimension, dimension: request.dimension }
    const startedAt = process.cpuUsage()
    const { clusters, surenesses = {} } = await cluster(points, request)
    const { user, system } = process.cpuUsage(startedAt)
    return {
      clusters: [...clusters],
      seconds: (user + system) / 1e6,
      megabytes: peakMegabytes(),
      versions: 'TensorFlow.js 4.22.0',
      surenesses: Object.fromEntries(Object.entries(surenesses).map(([name, of]) => [name, [...of]])),
    }
  })
}

/** The most memory that this process held so far; of a system without /proc, none. */
function peakMegabytes(): number | null {
  try {
    const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))
    return found ? Number(found[1]) / 1024 : null
  } catch {
    return null
  }
}

async function cluster(points: Embeddings, request: OwnRequest): Promise<Found> {
  const { method, clusterCount, partDimensions, seed } = request
  const options = { clusterCount, restarts: 30, iterations: 100, seed } as const
  if (method === 'k-means') return kMeans(points, { ...options, metric: 'euclidean' })
  if (method === 'spherical k-means') return kMeans(points, { ...options, metric: 'cosine' })
  if (method === 'whitened, spherical k-means')
    return kMeans(await whitenFeatures(points, { partDimensions, seed }), { ...options, metric: 'cosine' })
  if (method === 'ours: clusters of the graph') return clusterByGraph(points, { clusterCount, partDimensions, memoryBytes, seed })
  if (method === 'ours: quick') return runQuick(points, request)
  throw new Error(`There is no method "${method}".`)
}

/** The stages of `quick` after the features, which are given: two encoders' parts, without mirror images. */
async function runQuick(points: Embeddings, { clusterCount, partDimensions, seed }: OwnRequest): Promise<Found> {
  const { values, count, dimension } = points
  const side = 32
  const host = memoryHost()
  let from = 0
  for (const [place, name] of ['objects', 'pictures'].entries()) {
    const size = partDimensions[place]!
    const part = new Float32Array(count * size)
    for (let row = 0; row < count; row++) part.set(values.subarray(row * dimension + from, row * dimension + from + size), row * size)
    host.files.write(`features-${name}-plain.f32`, new Uint8Array(part.buffer))
    from += size
  }
  const facts = { imageCount: count, clusterCount, imageSize: side }
  const recipe = resolveRecipe(recipeNamed('quick'), facts, { pretrain: { mirror: 'never' } })
  const none = new Int32Array(count).fill(-1)
  const task = {
    ...({ projectPath: '', runId: 'quick', seed, backend: 'auto', recipe, clusterCount } as const),
    ...{ pixels: { path: '', size: side, count }, rows: Int32Array.from(none.keys()) },
    ...{ humanLabels: none, knownClasses: none, humanClusters: none, previousClusters: none },
  }
  // Nobody looks at the images but to see that they are not all the same.
  const source = imagesInMemory(
    Uint8Array.from({ length: count * side * side * 3 }, (_, place) => place % 251),
    side,
  )
  let found: Found = { clusters: none }
  let consistencies = new Float32Array(count)
  for (const stage of ['pretrain', 'embed', 'self', 'reliable', 'semi'] as const) {
    const result = await runStage({ task: { ...task, stage }, source, host })
    if (result.stage === 'reliable') consistencies = new Float32Array(result.localConsistencies)
    if (result.stage === 'semi') {
      const { clusters, confidences } = result.clustering
      found = { clusters, surenesses: { confidence: confidences, 'agreement of the neighbours': consistencies } }
    }
  }
  return found
}
