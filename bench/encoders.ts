import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { kMeans } from '#engine/clustering/k-means.ts'
import { clusteringMetrics, contingencyTable } from '#engine/clustering/metrics.ts'
import { findNeighbours } from '#engine/clustering/neighbours.ts'
import { writeNpy } from '#engine/exporting/npy-file.ts'
import type { PixelFit } from '#engine/images/decode-image.ts'
import { createImagePool, type ImagePool } from '#engine/images/image-pool.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { openEncoders } from '#engine/training/encoders/open-encoders.ts'
import { computeViewFeatures, loadViewFeatures } from '#engine/training/encoders/view-features.ts'
import { type ImageSource, imagesInMemory } from '#engine/training/image-source.ts'
import { quick } from '#shared/recipes/quick.ts'
import { resolveRecipe } from '#shared/recipes/recipe.ts'
import { option } from './arguments.ts'
import { memoryHost } from './memory-host.ts'
import { writeResults } from './result-table.ts'

// Spherical k-means (30 restarts, K = number of classes) on the features of each packaged encoder and on both side by side, and how many of
// the ten nearest images are of the same class. Labels score and do nothing else. Each result is kept in results/encoders.json as it comes;
// --table alone makes the table of what has been measured.
// Arguments: FOLDER of unpacked sets [--sets a,b] [--reads 32,128] [--inputs 128,224] [--fits squash,cover,contain] [--npy NEW_FOLDER]

type Measured = Readonly<{
  set: string
  images: string
  fit: string
  read: number
  input: number
  encoders: string
  accuracy: number
  nmi: number
  neighbours: number
  imagesPerSecond: number
}>

const numbers = (name: string, fallback: string): number[] => option(name, fallback).split(',').map(Number)

const resultsPath = join(dirname(fileURLToPath(import.meta.url)), 'results', 'encoders.json')
const npyFolder = option('npy', '')
if (!process.argv.includes('--table')) await measureAll(resolve(process.argv[2] ?? ''))
writeTable()

async function measureAll(folder: string): Promise<void> {
  await loadBackend('auto')
  const pool = createImagePool()
  try {
    for (const name of option('sets', 'photos-debian,mnist-10k,fashion-mnist-10k').split(',')) {
      const set = openSet(join(folder, name))
      for (const fit of option('fits', 'squash').split(',') as PixelFit[])
        for (const read of numbers('reads', '128')) {
          const source = imagesInMemory(await decode(pool, set.paths, read, fit), read)
          for (const input of numbers('inputs', '128,224')) await measure(name, set, { source, fit, input })
        }
    }
  } finally {
    await pool.close()
  }
}

async function measure(
  name: string,
  { paths, labels, classCount }: LabelledSet,
  { source, fit, input }: Readonly<{ source: ImageSource; fit: PixelFit; input: number }>,
): Promise<void> {
  const host = memoryHost()
  const facts = { imageCount: paths.length, clusterCount: classCount, imageSize: source.side }
  const recipe = resolveRecipe(quick, facts, { embed: { inputSidePx: input } })
  const encoders = await openEncoders(recipe, source.side, host)
  const names = encoders.map((encoder) => encoder.name)
  const seconds: Record<string, number> = {}
  for (const encoder of encoders) {
    const startedAt = performance.now()
    await computeViewFeatures([encoder], source, recipe.embed, host)
    seconds[encoder.name] = (performance.now() - startedAt) / 1000
    encoder.dispose()
  }
  for (const chosen of [...names.map((each) => [each]), names]) {
    const { embeddings } = loadViewFeatures(chosen, recipe.embed, host.files, paths.length)
    if (npyFolder) await keepNpy(`${name}_${chosen.join('+')}_${source.side}_${input}`, embeddings)
    keep({
      ...{ set: name, images: `${paths.length} x ${classCount}`, fit, read: source.side, input, encoders: chosen.join(' + ') },
      ...(await score(embeddings, labels, classCount)),
      neighbours: await sameClassAmongNearest(embeddings, labels),
      imagesPerSecond: paths.length / chosen.reduce((sum, each) => sum + seconds[each]!, 0),
    })
  }
}

async function score(embeddings: Embeddings, labels: Int32Array, classCount: number): Promise<{ accuracy: number; nmi: number }> {
  const options = { clusterCount: classCount, metric: 'cosine', restarts: 30, iterations: 100, seed: 1 } as const
  const { clusters } = await kMeans(embeddings, options)
  const { accuracy, normalizedMutualInformation: nmi } = clusteringMetrics(contingencyTable(labels, clusters, classCount, classCount))
  return { accuracy, nmi }
}

async function sameClassAmongNearest(embeddings: Embeddings, labels: Int32Array): Promise<number> {
  const { indices, neighbourCount } = await findNeighbours(embeddings, { neighbourCount: 11, memoryBytes: 2 ** 28 })
  let same = 0
  for (const [place, image] of indices.entries())
    if (place % neighbourCount > 0 && labels[image] === labels[Math.floor(place / neighbourCount)]) same++
  return same / (embeddings.count * (neighbourCount - 1))
}

type LabelledSet = Readonly<{ paths: readonly string[]; labels: Int32Array; classCount: number }>

function openSet(root: string): LabelledSet {
  const classes = readdirSync(root)
    .filter((name) => statSync(join(root, name)).isDirectory())
    .sort()
  const files = classes.flatMap((name, label) =>
    readdirSync(join(root, name))
      .sort()
      .map((file) => ({ path: join(root, name, file), label })),
  )
  return { paths: files.map(({ path }) => path), labels: Int32Array.from(files, ({ label }) => label), classCount: classes.length }
}

async function decode(pool: ImagePool, paths: readonly string[], size: number, fit: PixelFit): Promise<Uint8Array> {
  const rowBytes = size * size * 3
  const pixels = new Uint8Array(paths.length * rowBytes)
  const files = paths.map((path) => ({ path }))
  await pool.decodeAll(
    files,
    { size, fit },
    {
      onResult(file, image, index) {
        if (image.kind !== 'image') throw new Error(`${file.path} cannot be read.`)
        pixels.set(image.pixels, index * rowBytes)
      },
    },
  )
  return pixels
}

async function keepNpy(name: string, { values, count, dimension }: Embeddings): Promise<void> {
  mkdirSync(npyFolder, { recursive: true })
  await writeNpy(npyFolder, `${name}.npy`, { dtype: '<f4', shape: [count, dimension] }, [values])
}

function readResults(): Measured[] {
  return existsSync(resultsPath) ? JSON.parse(readFileSync(resultsPath, 'utf8')) : []
}

/** Keeps a result in place of an earlier one of the same kind. */
function keep(row: Measured): void {
  const keyOf = ({ set, fit, read, input, encoders }: Measured): string => [set, fit, read, input, encoders].join()
  const rows = [...readResults().filter((other) => keyOf(other) !== keyOf(row)), row]
  writeFileSync(resultsPath, `${JSON.stringify(rows, null, 2)}\n`)
  console.error(JSON.stringify(row))
}

function writeTable(): void {
  writeResults({
    name: 'encoders',
    title: 'Features of the packaged encoders',
    notes: [
      'The mean of image and mirror image; each encoder scaled to length 1, then side by side. `objects` has 320 features, `pictures` 448.',
      'ACC and NMI: spherical k-means, 30 restarts, K = number of classes. Nearest: share of the ten nearest images that are of the same class. Labels score and do nothing else.',
      'Images/s: both views of an image, other programs working on the machine at the same time.',
    ],
    header: ['set', 'images x K', 'square', 'read at px', 'given at px', 'encoders', 'ACC', 'NMI', 'nearest', 'images/s'],
    rows: readResults().map((row) => [
      ...[row.set, row.images, row.fit, String(row.read), String(row.input), row.encoders],
      ...[row.accuracy, row.nmi, row.neighbours].map((value) => value.toFixed(3)),
      row.imagesPerSecond.toFixed(0),
    ]),
    versions: 'TensorFlow.js 4.22.0',
  })
}
