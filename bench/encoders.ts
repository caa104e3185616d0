import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Embeddings, toUnitRows } from '#engine/clustering/embeddings.ts'
import { kMeans } from '#engine/clustering/k-means.ts'
import { clusteringMetrics, contingencyTable } from '#engine/clustering/metrics.ts'
import { writeNpy } from '#engine/exporting/npy-file.ts'
import { createImagePool } from '#engine/images/image-pool.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { openEncoders } from '#engine/training/encoders/open-encoders.ts'
import { computeViewFeatures, loadViewFeatures } from '#engine/training/encoders/view-features.ts'
import { imagesInMemory } from '#engine/training/image-source.ts'
import { quick } from '#shared/recipes/quick.ts'
import { resolveRecipe } from '#shared/recipes/recipe.ts'
import { memoryHost } from './memory-host.ts'
import { writeResults } from './result-table.ts'

// Spherical k-means (30 restarts, K = number of classes) on the features of each packaged encoder, and on both side by side. Labels score
// and do nothing else. Arguments: FOLDER of unpacked sets [--sets a,b] [--packs 96,128] [--inputs 128,224] [--npy FOLDER]

const option = (name: string, fallback: string): string => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : process.argv[at + 1]!
}
const numbers = (name: string, fallback: string): number[] => option(name, fallback).split(',').map(Number)

const folder = resolve(process.argv[2] ?? '')
const npyFolder = option('npy', '')
await loadBackend('auto')
const pool = createImagePool()
const rows: string[][] = []
for (const set of option('sets', 'photos-debian,mnist-10k,fashion-mnist-10k').split(','))
  for (const pack of numbers('packs', '32,128')) for (const input of numbers('inputs', '128,224')) await measure(set, pack, input)
await pool.close()
if (!npyFolder)
  writeResults({
    name: 'encoders',
    title: 'Features of the packaged encoders',
    notes: [
      'Spherical k-means, 30 restarts, K = number of classes, on the mean of image and mirror image; each encoder scaled to length 1, then side by side.',
    ],
    header: ['set', 'images x K', 'read at px', 'given at px', 'encoders', 'ACC', 'NMI', 'images/s'],
    rows,
    versions: 'TensorFlow.js 4.22.0',
  })

async function measure(set: string, pack: number, input: number): Promise<void> {
  const { paths, labels, classCount } = openSet(join(folder, set))
  const source = imagesInMemory(await decode(paths, pack), pack)
  const host = memoryHost()
  const recipe = resolveRecipe(
    quick,
    { imageCount: paths.length, clusterCount: classCount, imageSize: pack },
    { embed: { inputSidePx: input } },
  )
  const encoders = await openEncoders(recipe, pack, host)
  const names = encoders.map(({ name }) => name)
  const rates: Record<string, number> = {}
  for (const encoder of encoders) {
    const startedAt = performance.now()
    await computeViewFeatures([encoder], source, recipe.embed, host)
    rates[encoder.name] = (2 * paths.length) / ((performance.now() - startedAt) / 1000)
    encoder.dispose()
  }
  for (const chosen of [...names.map((name) => [name]), names]) {
    const { embeddings } = loadViewFeatures(chosen, recipe.embed, host.files, paths.length)
    if (npyFolder) await keep(set, `${chosen.join('+')}_${pack}_${input}`, embeddings)
    const { accuracy, nmi } = await score(toUnitRows(embeddings), labels, classCount)
    const rate = 1 / chosen.reduce((seconds, name) => seconds + 1 / rates[name]!, 0)
    console.error(
      `${set} ${pack} px at ${input} px, ${chosen.join(' + ')}: ACC ${accuracy.toFixed(3)} NMI ${nmi.toFixed(3)}, ${rate.toFixed(0)} images/s`,
    )
    const facts = [set, `${paths.length} x ${classCount}`, String(pack), String(input), chosen.join(' + ')]
    rows.push([...facts, accuracy.toFixed(3), nmi.toFixed(3), rate.toFixed(0)])
  }
}

async function score(embeddings: Embeddings, labels: Int32Array, classCount: number): Promise<{ accuracy: number; nmi: number }> {
  const options = { clusterCount: classCount, metric: 'cosine', restarts: 30, iterations: 100, seed: 1 } as const
  const { clusters } = await kMeans(embeddings, options)
  const { accuracy, normalizedMutualInformation: nmi } = clusteringMetrics(contingencyTable(labels, clusters, classCount, classCount))
  return { accuracy, nmi }
}

function openSet(root: string): { paths: string[]; labels: Int32Array; classCount: number } {
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

async function decode(paths: readonly string[], size: number): Promise<Uint8Array> {
  const rowBytes = size * size * 3
  const pixels = new Uint8Array(paths.length * rowBytes)
  await pool.decodeAll(
    paths.map((path) => ({ path })),
    { size, fit: option('fit', 'squash') as 'squash' },
    {
      onResult(file, image, index) {
        if (image.kind !== 'image') throw new Error(`${file.path} cannot be read.`)
        pixels.set(image.pixels, index * rowBytes)
      },
    },
  )
  return pixels
}

async function keep(set: string, name: string, { values, count, dimension }: Embeddings): Promise<void> {
  mkdirSync(npyFolder, { recursive: true })
  await writeNpy(npyFolder, `${set}_${name}.npy`, { dtype: '<f4', shape: [count, dimension] }, [values])
}
