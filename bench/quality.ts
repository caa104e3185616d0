import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kMeans } from '#engine/clustering/k-means.ts'
import { clusteringMetrics, contingencyTable } from '#engine/clustering/metrics.ts'
import { chooseSize } from '#engine/images/choose-size.ts'
import { decodeImage } from '#engine/images/decode-image.ts'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { imagesInMemory } from '#engine/training/image-source.ts'
import { runFiles } from '#engine/training/run-context.ts'
import { runStage } from '#engine/training/run-stage.ts'
import { toErrorData } from '#shared/errors.ts'
import type { StageName } from '#shared/jobs.ts'
import { recipeNamed } from '#shared/recipes/index.ts'
import { type RecipeOverrides, resolveRecipe } from '#shared/recipes/recipe.ts'
import { option } from './arguments.ts'
import { memoryHost } from './memory-host.ts'
import { writeResults } from './result-table.ts'

// ACC, NMI and ARI of several ways to cluster the three labelled sets. Labels score and do nothing else.
// Arguments: [FOLDER of archives or of unpacked sets] [--seeds 1,2,3] [--sets a,b] [--methods a,b] [--images 1000] [--seen 48000, 0 for the recipe's own]; --table alone makes the table of what
// has been measured. Each result is kept in results/quality-runs.json as it comes; a run that is there is not repeated.

const benchFolder = dirname(fileURLToPath(import.meta.url))
const resultsPath = join(benchFolder, 'results', 'quality-runs.json')
const side = 32
const methods = ['k-means on pixels', 'k-means on our embedding', 'faithful', 'standard', 'quick, third stage', 'quick'] as const
type Method = (typeof methods)[number]

type Measured = Readonly<{
  set: string
  seed: number
  method: Method
  imageCount: number
  clusterCount: number
  accuracy: number
  nmi: number
  ari: number
  emptyClusters: number
  seconds: number
  /** Images passed through the network in pretraining. */
  seen: number
  note: string
}>

type LabelledSet = Readonly<{ name: string; paths: readonly string[]; classes: Int32Array; classCount: number }>

/** Images that pass pretraining; 0: as many as each recipe takes by itself. */
const seen = Number(option('seen', '48000'))
const mostImages = Number(option('images', '1000'))
const wanted = option('methods', methods.join()).split(',')

if (!process.argv.includes('--table')) {
  const given = process.argv[2]
  await measure(given && !given.startsWith('--') ? resolve(given) : join(benchFolder, '..', '..', 'shared', 'data'))
}
writeTable()

async function measure(folder: string): Promise<void> {
  await loadBackend('auto')
  const unpacked = mkdtempSync(join(tmpdir(), 'spicerack-quality-'))
  try {
    const seeds = option('seeds', '1,2,3').split(',').map(Number)
    const names = option('sets', 'fashion-mnist-10k,mnist-10k,photos-debian').split(',')
    for (const seed of seeds) for (const name of names) await measureSet(openSet(folder, unpacked, name), seed)
  } finally {
    rmSync(unpacked, { recursive: true, force: true })
  }
}

async function measureSet(whole: LabelledSet, seed: number): Promise<void> {
  const missing = (method: Method): boolean =>
    wanted.includes(method) && !read().some((row) => isWanted(row) && row.set === whole.name && row.seed === seed && row.method === method)
  if (!methods.some(missing)) return
  const chosen = createRandom(deriveSeed(seed, 'quality', whole.name))
    .shuffled(whole.paths.length)
    .slice(0, mostImages)
  const classes = Int32Array.from(chosen, (image) => whole.classes[image])
  const paths = Array.from(chosen, (image) => whole.paths[image])
  const { pixels, productSide } = await decode(paths, side, 'cover')
  const keep = (method: Method, clusters: Int32Array, startedAt: number, note: string): void => {
    const scores = clusteringMetrics(contingencyTable(classes, clusters, whole.classCount, whole.classCount))
    const { accuracy, normalizedMutualInformation: nmi, adjustedRandIndex: ari, emptyClusters } = scores
    const seconds = (performance.now() - startedAt) / 1000
    const facts = { set: whole.name, seed, method, imageCount: chosen.length, clusterCount: whole.classCount, seen, note }
    write([...read(), { ...facts, accuracy, nmi, ari, emptyClusters, seconds }])
    console.error(`${whole.name} seed ${seed} ${method}: ACC ${accuracy.toFixed(3)} in ${seconds.toFixed(0)} s ${note}`)
  }
  const cluster = (values: Float32Array, metric: 'cosine' | 'euclidean') =>
    kMeans(
      { values, count: chosen.length, dimension: values.length / chosen.length },
      { clusterCount: whole.classCount, metric, restarts: 30, iterations: 100, seed },
    )
  if (missing(methods[0])) {
    const startedAt = performance.now()
    keep(
      methods[0],
      (
        await cluster(
          Float32Array.from(pixels, (value) => value / 255),
          'euclidean',
        )
      ).clusters,
      startedAt,
      '',
    )
  }
  const asImported = (): Promise<{ pixels: Uint8Array }> => decode(paths, productSide, 'squash')
  if (missing('quick')) {
    const startedAt = performance.now()
    const own = await asImported()
    const { clusters, ofSelf, note } = await runRecipe('quick', own.pixels, productSide, chosen.length, whole.classCount, seed)
    keep('quick, third stage', ofSelf, startedAt, '')
    keep('quick', clusters, startedAt, note)
  }
  for (const name of ['standard', 'faithful'] as const) {
    if (!missing(name) && (name === 'faithful' || !missing(methods[1]))) continue
    const startedAt = performance.now()
    const [given, givenSide] = name === 'standard' ? [(await asImported()).pixels, productSide] : [pixels, side]
    const { clusters, note, embedding } = await runRecipe(name, given, givenSide, chosen.length, whole.classCount, seed)
    keep(name, clusters, startedAt, note)
    if (name === 'standard' && missing(methods[1])) keep(methods[1], (await cluster(embedding, 'cosine')).clusters, startedAt, '')
  }
}

/** All five stages; when no image is reliable, the clusters of the third. */
async function runRecipe(
  name: 'standard' | 'faithful' | 'quick',
  pixels: Uint8Array,
  side: number,
  imageCount: number,
  clusterCount: number,
  seed: number,
): Promise<{ clusters: Int32Array; ofSelf: Int32Array; note: string; embedding: Float32Array }> {
  const facts = { imageCount, clusterCount, imageSize: side }
  const standard = resolveRecipe(recipeNamed('standard'), facts, seen > 0 ? { pretrain: { epochs: Math.round(seen / imageCount) } } : {})
  const { backbone, widthFactor, epochs } = standard.pretrain
  const semiImages = standard.semi.steps * standard.semi.batchSize * (1 + 2 * standard.semi.unlabeledRatio)
  const cut: RecipeOverrides = {
    pretrain: { backbone, widthFactor, epochs },
    self: { epochs: 1 },
    semi: { backbone, widthFactor, steps: Math.max(1, Math.round(semiImages / (64 * (1 + 2 * 7)))) },
  }
  const recipe = name === 'standard' ? standard : resolveRecipe(recipeNamed(name), facts, name === 'faithful' ? cut : {})
  const host = memoryHost()
  const source = imagesInMemory(pixels, side)
  const none = new Int32Array(imageCount).fill(-1)
  const task = {
    ...({ projectPath: '', runId: name, seed, backend: 'auto', recipe, clusterCount } as const),
    ...{
      pixels: { path: '', size: side, count: imageCount },
      rows: Int32Array.from(none.keys()),
      ...{ humanLabels: none, knownClasses: none, humanClusters: none, previousClusters: none },
    },
  }
  const stage = (stageName: StageName) => runStage({ task: { ...task, stage: stageName }, source, host })
  let clusters: Int32Array = new Int32Array(imageCount)
  let ofSelf = clusters
  let note = ''
  try {
    for (const stageName of ['pretrain', 'embed', 'self', 'reliable', 'semi'] as const) {
      const result = await stage(stageName)
      if (result.stage === 'self' || result.stage === 'semi') clusters = result.clustering.clusters
      if (result.stage === 'self') ofSelf = clusters
      if (result.stage === 'reliable') note = `${result.reliable.reduce((sum, each) => sum + each, 0)} reliable`
    }
  } catch (error) {
    if (toErrorData(error).code !== 'RELIABLE_EMPTY') throw error
    note = 'no image reliable, clusters of SPICE-Self'
  }
  const stored = host.files.read(runFiles.embedding)!
  return { clusters, ofSelf, note, embedding: new Float32Array(stored.slice().buffer) }
}

function openSet(folder: string, unpacked: string, name: string): LabelledSet {
  let root = join(folder, name)
  if (!existsSync(root)) {
    root = join(unpacked, name)
    if (!existsSync(root)) {
      const { status, stderr } = spawnSync('tar', ['-xJf', join(folder, `${name}.tar.xz`), '-C', unpacked], { encoding: 'utf8' })
      if (status !== 0) throw new Error(`${name}.tar.xz cannot be unpacked: ${stderr}`)
    }
  }
  const rows = readFileSync(join(root, 'labels.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(','))
  const names = [...new Set(rows.map(([, label]) => label))].sort()
  return {
    name,
    paths: rows.map(([path]) => join(root, path)),
    classes: Int32Array.from(rows, ([, label]) => names.indexOf(label)),
    classCount: names.length,
  }
}

/** The pixels at a size and fit, and the size that an import would choose for these images. */
async function decode(
  paths: readonly string[],
  size: number,
  fit: 'cover' | 'squash',
): Promise<{ pixels: Uint8Array; productSide: number }> {
  const rowBytes = size * size * 3
  const pixels = new Uint8Array(paths.length * rowBytes)
  const sizes: { width: number; height: number }[] = []
  for (const [place, path] of paths.entries()) {
    const image = await decodeImage(path, { size, fit })
    if (image.kind !== 'image') throw new Error(`${path} cannot be read.`)
    pixels.set(image.pixels, place * rowBytes)
    sizes.push(image)
  }
  return { pixels, productSide: chooseSize(sizes, sizes.length) }
}

function isWanted(row: Measured): boolean {
  return row.seen === seen && row.imageCount <= mostImages && (mostImages <= 1000 || row.imageCount > 1000 || row.set === 'photos-debian')
}

function read(): Measured[] {
  return existsSync(resultsPath) ? JSON.parse(readFileSync(resultsPath, 'utf8')) : []
}

function write(rows: readonly Measured[]): void {
  writeFileSync(`${resultsPath}.partial`, `${JSON.stringify(rows, null, 2)}\n`)
  renameSync(`${resultsPath}.partial`, resultsPath)
}

function writeTable(): void {
  const all = read().filter(isWanted)
  const rows = [...new Set(all.map(({ set }) => set))].sort().flatMap((set) =>
    methods.flatMap((method) => {
      const runs = all.filter((row) => row.set === set && row.method === method)
      if (runs.length === 0) return []
      const list = (values: readonly number[]): string => {
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length
        return `${mean.toFixed(3)} (${Math.min(...values).toFixed(3)}-${Math.max(...values).toFixed(3)})`
      }
      const scores = [runs.map((row) => row.accuracy), runs.map((row) => row.nmi), runs.map((row) => row.ari)].map(list)
      const empty = runs.map((row) => row.emptyClusters).join(', ')
      const notes = runs.flatMap(({ note }) => (note ? [note] : [])).join('; ')
      return [[set, `${runs[0].imageCount} x ${runs[0].clusterCount}`, method, String(runs.length), ...scores, empty, notes]]
    }),
  )
  writeResults({
    name: mostImages <= 1000 ? 'quality-runs' : `quality-runs-${mostImages}`,
    title: 'Quality of the clusters',
    notes: [
      `Each set: at most ${mostImages} images drawn at random by the seed, not stratified, ${side} px (\`quick\` and \`standard\`: at the size that an import chooses), K = number of classes. Mean (least-most) over the seeds. Labels score and do nothing else.`,
      seen > 0
        ? `Budget of \`standard\` and \`faithful\`: ${seen} images pass pretraining (\`standard\` by itself takes 400,000 at 32 px and 100,000 at 64); ResNet18 (CIFAR form), width factor 0.25.`
        : 'Every recipe as it comes: `standard` passes 400,000 images of 28 or 32 px through pretraining, 100,000 of 64.',
      '`faithful`: published numbers but for the budget: backbone, width and pretraining epochs as `standard`; SPICE-Self one epoch of fresh views (71,680 images for 1,000, more than the 8 cached views of each image that `standard` uses); FixMatch as many images as `standard`. The published 1,000 epochs and 2^20 steps are far from this.',
      '`quick`: as it comes; the third stage is where the graph of neighbours is divided, the result comes from the classifier of the fifth.',
      'k-means: 30 restarts; on pixels Euclidean, on our embedding (that of `standard`) spherical.',
    ],
    header: ['set', 'images x K', 'method', 'seeds', 'ACC', 'NMI', 'ARI', 'empty clusters', 'notes'],
    rows,
    versions: 'TensorFlow.js 4.22.0',
  })
}
