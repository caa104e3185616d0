import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { alignClusters } from '#engine/clustering/alignment.ts'
import { type Embeddings, rowsOf, toUnitRows } from '#engine/clustering/embeddings.ts'
import { clusterByGraph, type GraphClusters } from '#engine/clustering/graph-clusters.ts'
import { kMeans } from '#engine/clustering/k-means.ts'
import { propagateLabels } from '#engine/clustering/label-propagation.ts'
import { clusteringMetrics, contingencyTable } from '#engine/clustering/metrics.ts'
import { whitenFeatures } from '#engine/clustering/whitening.ts'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { readNpy } from './npy.ts'
import { loadNow, pythonVersions, writeResults } from './result-table.ts'
import { type Side, startPeer } from './sides.ts'

// Ways to cluster the same features, and to label all images from a few. Labels score, and are given where few are given, and do nothing
// else. Each result is kept in results/clusterers.json as it comes and not repeated; --table alone makes the table.
// Arguments: FOLDER of SET_PART.npy and SET_labels.npy [--sets a,b] [--parts objectron320,nsfw] [--seeds 1,2,3] [--draws 5] [--only clusters,labels,imbalanced]

type Measured = Readonly<{ set: string; method: string; seed: number; accuracy: number; nmi: number; ari?: number; seconds: number }>
type LabelledSet = Readonly<{ name: string; features: Embeddings; partDimensions: number[]; classes: Int32Array; classCount: number }>
type PeerResult = Readonly<{ clusters: number[]; seconds: number }>

const option = (name: string, fallback: string): string => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : process.argv[at + 1]
}
const memoryBytes = 256 * 2 ** 20
const resultsPath = join(dirname(fileURLToPath(import.meta.url)), 'results', 'clusterers.json')
const peerMethods = [
  'Ward (scikit-learn)',
  'HDBSCAN (scikit-learn)',
  'FINCH (own version)',
  'UMAP to 10 + k-means',
  'whitened, UMAP to 10 + k-means',
] as const
const fewLabels = [1, 5, 10] as const
const read = (): Measured[] => (existsSync(resultsPath) ? JSON.parse(readFileSync(resultsPath, 'utf8')) : [])

if (!process.argv.includes('--table')) await measureAll(resolve(process.argv[2]))
writeTable()

async function measureAll(folder: string): Promise<void> {
  await loadBackend('auto')
  const scratch = mkdtempSync(join(tmpdir(), 'spicerack-clusterers-'))
  const peer = await startPeer<PeerResult>('clusterers', [])
  try {
    const seeds = option('seeds', '1,2,3').split(',').map(Number)
    const sets = option('sets', 'photos,fashion,mnist')
      .split(',')
      .map((name) => openSet(folder, name))
    const only = option('only', 'clusters,labels,imbalanced').split(',')
    if (only.includes('clusters')) for (const set of sets) for (const seed of seeds) await measureSet(set, seed, peer, scratch)
    if (only.includes('labels')) for (const set of sets) await measureFewLabels(set, peer, scratch)
    if (!only.includes('imbalanced')) return
    // The photographs are uneven as they are, and the others too small.
    for (const set of sets.filter(({ features }) => features.count >= 9000))
      for (const seed of seeds) await measureSet(imbalanced(set), seed, peer, scratch)
  } finally {
    await peer.close()
    rmSync(scratch, { recursive: true, force: true })
  }
}

function openSet(folder: string, name: string): LabelledSet {
  const labels = readNpy(join(folder, `${name}_labels.npy`))
  const parts = option('parts', 'objectron320,nsfw')
    .split(',')
    .map((part) => readNpy(join(folder, `${name}_${part}.npy`)))
  const classes = Int32Array.from(labels.values, Number)
  const partDimensions = parts.map(({ shape }) => shape[1])
  const dimension = partDimensions.reduce((sum, size) => sum + size, 0)
  const values = new Float32Array(classes.length * dimension)
  let from = 0
  for (const { values: part, shape } of parts) {
    // Each part counts alike: unit rows.
    const unit = toUnitRows({ values: part as Float32Array, count: classes.length, dimension: shape[1] }).values
    for (let row = 0; row < classes.length; row++) values.set(unit.subarray(row * shape[1], (row + 1) * shape[1]), row * dimension + from)
    from += shape[1]
  }
  return { name, features: { values, count: classes.length, dimension }, partDimensions, classes, classCount: Math.max(...classes) + 1 }
}

/** Classes of falling size, the largest ten times the smallest, in random order. */
function imbalanced(set: LabelledSet): LabelledSet {
  const random = createRandom(deriveSeed(1, 'imbalanced', set.name))
  const rank = random.shuffled(set.classCount)
  const kept = new Int32Array(set.classCount)
  const images = [...random.shuffled(set.classes.length)].filter((image) => {
    const label = set.classes[image]
    return kept[label]++ < 900 * 0.1 ** (rank[label] / (set.classCount - 1))
  })
  return {
    ...set,
    name: `${set.name}, 10:1`,
    features: rowsOf(set.features, images),
    classes: Int32Array.from(images, (i) => set.classes[i]),
  }
}

async function measureSet(set: LabelledSet, seed: number, peer: Side<PeerResult>, scratch: string): Promise<void> {
  const { features, partDimensions, classCount: clusterCount } = set
  const spherical = (points: Embeddings): Promise<{ clusters: Int32Array }> =>
    kMeans(points, { clusterCount, metric: 'cosine', restarts: 30, iterations: 100, seed })
  await measure(set, 'k-means', seed, () => kMeans(features, { clusterCount, metric: 'euclidean', restarts: 30, iterations: 100, seed }))
  await measure(set, 'spherical k-means', seed, () => spherical(features))
  await measure(set, 'whitened, spherical k-means', seed, () => spherical(whitenFeatures(features, { partDimensions, seed })))
  await measure(set, 'ours: clusters of the graph', seed, () =>
    clusterByGraph(features, { clusterCount, partDimensions, memoryBytes, seed }),
  )
  for (const method of peerMethods) {
    // Ward, HDBSCAN and FINCH draw nothing: once is enough.
    if (!method.includes('UMAP') && seed > 1) continue
    // On 10,000 x 768 it had not ended after two minutes.
    if (method.startsWith('HDBSCAN') && features.count > 2000) continue
    const points = method.startsWith('whitened') ? whitenFeatures(features, { partDimensions, seed }) : features
    await measure(set, method, seed, () => ask(peer, scratch, points, { method, clusterCount, seed }))
  }
}

async function ask(peer: Side<PeerResult>, scratch: string, points: Embeddings, request: Readonly<Record<string, unknown>>) {
  const file = join(scratch, 'points.f32')
  writeFileSync(file, new Uint8Array(points.values.buffer, points.values.byteOffset, points.values.byteLength))
  const { clusters, seconds } = await peer.round({ file, dimension: points.dimension, ...request })
  return { clusters: Int32Array.from(clusters), seconds }
}

/** All images from a few labelled ones of each class; scored on the others, without matching. */
async function measureFewLabels(set: LabelledSet, peer: Side<PeerResult>, scratch: string): Promise<void> {
  const { features, partDimensions, classes, classCount } = set
  let graph: GraphClusters | undefined
  for (let draw = 1; draw <= Number(option('draws', '5')); draw++)
    for (const each of fewLabels) {
      const name = `${set.name}, ${each} labelled of each class`
      const methods = ['linear probe (scikit-learn)', 'clusters matched by the labels', 'ours: labels along the graph']
      if (methods.every((method) => read().some((row) => row.set === name && row.method === method && row.seed === draw))) continue
      graph ??= await clusterByGraph(features, { clusterCount: classCount, partDimensions, memoryBytes, seed: 1 })
      const { graph: own, clusters } = graph
      const seen = new Int32Array(classCount)
      const labels = new Int32Array(classes.length).fill(-1)
      for (const image of createRandom(deriveSeed(draw, 'labels', set.name, each)).shuffled(classes.length))
        if (seen[classes[image]]++ < each) labels[image] = classes[image]
      const rest = { ...set, name }
      const elsewhere = (found: Int32Array): Int32Array => found.map((label, image) => (labels[image] >= 0 ? -1 : label))
      const { classOfCluster } = alignClusters(clusters, labels, classCount, classCount, false)
      // A cluster without a class is wrong about all its images.
      const named = clusters.map((cluster) => (classOfCluster[cluster]! < 0 ? classCount : classOfCluster[cluster]!))
      await measure(rest, methods[0], draw, async () => {
        const { clusters: found, seconds } = await ask(peer, scratch, features, { method: 'probe', labels: [...labels], seed: draw })
        return { clusters: elsewhere(found), seconds }
      })
      await measure(rest, methods[1], draw, async () => ({ clusters: elsewhere(named) }))
      await measure(rest, methods[2], draw, async () => ({
        clusters: elsewhere(propagateLabels({ graph: own, clusters, features }, labels, classCount, draw).classes),
      }))
    }
}

async function measure(
  set: LabelledSet,
  method: string,
  seed: number,
  work: () => Promise<{ clusters: Int32Array; seconds?: number }>,
): Promise<void> {
  if (read().some((row) => row.set === set.name && row.method === method && row.seed === seed)) return
  const startedAt = performance.now()
  const { clusters, seconds = (performance.now() - startedAt) / 1000 } = await work()
  const found = Math.max(set.classCount, Math.max(...clusters) + 1)
  const {
    accuracy: matched,
    normalizedMutualInformation: nmi,
    adjustedRandIndex: ari,
  } = clusteringMetrics(contingencyTable(set.classes, clusters, set.classCount, found))
  const isLabelled = set.name.includes('labelled')
  const scored = [...clusters.keys()].filter((image) => !isLabelled || clusters[image] >= 0)
  const right = scored.filter((image) => clusters[image] === set.classes[image]).length
  const accuracy = isLabelled ? right / scored.length : matched
  writeFileSync(resultsPath, `${JSON.stringify([...read(), { set: set.name, method, seed, accuracy, nmi, ari, seconds }], null, 1)}\n`)
  console.error(`${set.name}, ${method}, seed ${seed}: ${(100 * accuracy).toFixed(1)} in ${seconds.toFixed(1)} s`)
}

function writeTable(): void {
  const all = read()
  const keys = [...new Set(all.map(({ set, method }) => `${set}|${method}`))].sort()
  const list = (values: readonly number[]): string =>
    `${((100 * values.reduce((sum, value) => sum + value, 0)) / values.length).toFixed(1)} (${(100 * Math.min(...values)).toFixed(1)}-${(100 * Math.max(...values)).toFixed(1)})`
  writeResults({
    name: 'clusterers',
    title: 'Clusterers on the same features',
    notes: [
      'Features of the two packaged encoders side by side (320 + 448), images as the recipe `quick` reads them; K = number of classes; mean (least-most) of ACC and NMI in per cent over the seeds. Labels score, and are given where few are given.',
      'k-means and spherical k-means: 30 restarts. FINCH: our version of the idea, its means joined by average linkage down to K. HDBSCAN: smallest cluster 1 % of the images, at least 5; its noise counts as one more cluster; left out beyond 2,000 images, where it takes minutes. UMAP: 15 neighbours, minimum distance 0, cosine, warm.',
      'digits: 1,797 scans of 8 x 8 px in 10 classes, from scikit-learn. clipart: 1,300 drawings of the Debian package openclipart-png in the 10 of its folders that are things (animals, buildings, electronics, food, geography, office, people, plants, tools, transportation), 200 of each at most; `peers/label-sets.py` unpacks both.',
      '10:1: classes of falling size, from 900 images to 90. Few labels: drawn at random, 5 draws, scored on the other images without any matching; "clusters matched by the labels" is our unsupervised result with the Hungarian matching that the same few labels give; the probe is logistic regression on the features, its C the best of three in cross-validation from 3 labels of each class on.',
      'Seconds are wall-clock on a machine with other work, and no measure of speed. A dash: measured before ARI was.',
    ],
    header: ['set', 'method', 'seeds', 'ACC', 'NMI', 'ARI', 'seconds'],
    rows: keys.map((key) => {
      const rows = all.filter(({ set, method }) => `${set}|${method}` === key)
      const seconds = rows.reduce((sum, row) => sum + row.seconds, 0) / rows.length
      const [set, method] = key.split('|')
      const aris = rows.flatMap(({ ari }) => (ari === undefined ? [] : [ari]))
      return [
        ...[set, method, String(rows.length), list(rows.map((row) => row.accuracy)), list(rows.map((row) => row.nmi))],
        ...[aris.length > 0 ? list(aris) : '-', seconds.toFixed(1)],
      ]
    }),
    loadBefore: loadNow(),
    versions: pythonVersions(['scikit-learn', 'umap-learn', 'numpy']),
  })
}
