import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { clusteringMetrics, contingencyTable } from '#engine/clustering/metrics.ts'
import { whitenFeatures } from '#engine/clustering/whitening.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { option } from './arguments.ts'
import { isMeasured, keepResult } from './clusterer-results.ts'
import { drawn, imbalanced, type LabelledSet, openSet, withOutliers } from './clusterer-sets.ts'
import { writeClustererTables } from './clusterer-tables.ts'
import { measureFewLabels } from './few-labels.ts'
import { type Side, startOwnSide, startPeer } from './sides.ts'

// Ways to cluster the same images, and to label all images from a few. Labels score, and are given where few are given, and do nothing
// else. A process for each measurement; each result is kept in results/clusterers.json as it comes and not repeated; --table alone makes
// the tables.
// Arguments: FOLDER of SET_PART.npy and SET_labels.npy [--pictures FOLDER,FOLDER of unpacked sets] [--sets a,b] [--methods a;b]
//   [--parts objectron320,nsfw] [--images 1000] [--seeds 1,2,3] [--draws 5] [--only clusters,imbalanced,outliers,labels]

type Answer = Readonly<{
  clusters: number[]
  seconds: number
  megabytes?: number | null
  versions?: string
  surenesses?: Readonly<Record<string, readonly number[]>>
}>

const ownMethods = ['k-means', 'spherical k-means', 'whitened, spherical k-means', 'ours: clusters of the graph', 'ours: quick']
const featurePeers = [
  'Ward (scikit-learn)',
  'HDBSCAN (scikit-learn)',
  'FINCH (own version)',
  'TURTLE (own version)',
  'UMAP to 10 + k-means',
  'whitened, UMAP to 10 + k-means',
]
const imagePeers = ['k-means on pixels', 'k-means on HOG', 'clustimage', 'fastdup', 'features of fastdup, k-means']
const allMethods = [...ownMethods, ...featurePeers, ...imagePeers]
/** The folder of each set, and the set whose images are strangers to it. */
const folders: Readonly<Record<string, string>> = {
  photos: 'photos-debian',
  fashion: 'fashion-mnist-10k',
  mnist: 'mnist-10k',
  digits: 'digits-8px',
  clipart: 'clipart',
}
const strangers: Readonly<Record<string, string>> = { photos: 'clipart', fashion: 'mnist', mnist: 'fashion' }

if (!process.argv.includes('--table')) await measureAll(resolve(process.argv[2]!))
writeClustererTables()

async function measureAll(folder: string): Promise<void> {
  await loadBackend('auto')
  const scratch = mkdtempSync(join(tmpdir(), 'spicerack-clusterers-'))
  const open = (name: string): LabelledSet => openSet(folder, name, option('parts', 'objectron320,nsfw').split(','))
  try {
    const names = option('sets', Object.keys(folders).join()).split(',')
    const only = option('only', 'clusters,imbalanced,outliers,labels').split(',')
    for (const seed of option('seeds', '1,2,3').split(',').map(Number))
      for (const name of names) {
        const whole = open(name)
        const set = drawn(whole, Number(option('images', '1000')), seed)
        if (only.includes('clusters')) await measureSet(set, seed, scratch)
        if (only.includes('imbalanced') && strangers[name]) await measureSet(imbalanced(whole, seed), seed, scratch)
        if (only.includes('outliers') && strangers[name]) await measureSet(withOutliers(set, open(strangers[name]), seed), seed, scratch)
      }
    if (only.includes('labels')) for (const name of names) await measureLabels(open(name), scratch)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function measureLabels(set: LabelledSet, scratch: string): Promise<void> {
  const request = { ...inFile(set, scratch), method: 'probe' }
  await measureFewLabels(set, Number(option('draws', '5')), async (labels, seed) => {
    const { clusters, seconds } = await once(startPeer<Answer>('clusterers', []), { ...request, labels: [...labels], seed })
    return { clusters: Int32Array.from(clusters), seconds }
  })
}

async function measureSet(set: LabelledSet, seed: number, scratch: string): Promise<void> {
  for (const method of option('methods', allMethods.join(';')).split(';')) {
    // Strangers are put together from features alone.
    if (set.classes.includes(-1) && imagePeers.includes(method)) continue
    if (isMeasured({ set: set.name, images: set.classes.length, method, seed })) continue
    try {
      keep(set, method, seed, await ask(set, method, seed, scratch))
    } catch (error) {
      console.error(`${set.name}, ${method}, seed ${seed}: ${error instanceof Error ? error.message : error}`)
    }
  }
}

async function ask(set: LabelledSet, method: string, seed: number, scratch: string): Promise<Answer> {
  const request = { method, seed, clusterCount: set.classCount }
  // Small products and a machine with other work: more threads only wait for each other.
  const single = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', NUMBA_NUM_THREADS: '1' }
  if (imagePeers.includes(method)) return once(startPeer<Answer>('image-clusterers', [], single), { ...request, paths: pathsOf(set) })
  if (ownMethods.includes(method))
    return once(startOwnSide<Answer>(new URL('own-clusterers.ts', import.meta.url).href, []), { ...request, ...inFile(set, scratch) })
  const { partDimensions } = set
  const features = method.startsWith('whitened') ? await whitenFeatures(set.features, { partDimensions, seed }) : set.features
  return once(startPeer<Answer>('clusterers', [], single), { ...request, ...inFile({ ...set, features }, scratch) })
}

async function once(side: Promise<Side<Answer>>, request: Readonly<Record<string, unknown>>): Promise<Answer> {
  const started = await side
  try {
    return await started.round(request)
  } finally {
    await started.close()
  }
}

function inFile({ features: { values, dimension }, partDimensions }: LabelledSet, scratch: string) {
  const file = join(scratch, 'points.f32')
  writeFileSync(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  return { file, dimension, partDimensions }
}

/** In the order of the features: classes and images by name. */
function pathsOf({ name, images }: LabelledSet): string[] {
  const folder = folders[name.split(',')[0]!]!
  const root = option('pictures', '.')
    .split(',')
    .map((each) => join(each, folder))
    .find((each) => statSync(each, { throwIfNoEntry: false }))
  if (!root) throw new Error(`There is no folder ${folder}: name the one it is in with --pictures.`)
  const all = readdirSync(root)
    .sort()
    .filter((label) => statSync(join(root, label)).isDirectory())
    .flatMap((label) =>
      readdirSync(join(root, label))
        .sort()
        .map((file) => join(root, label, file)),
    )
  return Array.from(images, (image) => all[image]!)
}

/** Strangers have no class and do not count; how far they are told apart does. */
function keep(set: LabelledSet, method: string, seed: number, answer: Answer): void {
  const { clusters, seconds, megabytes, versions, surenesses = {} } = answer
  const { classes, classCount } = set
  const found = Math.max(classCount, Math.max(...clusters) + 1)
  const table = contingencyTable(classes, Int32Array.from(clusters), classCount, found)
  const { accuracy, normalizedMutualInformation: nmi, adjustedRandIndex: ari } = clusteringMetrics(table)
  const behind = Object.entries(surenesses).map(([name, of]) => [name, shareBehind(of, classes)])
  keepResult({
    ...{ set: set.name, images: classes.length, method, seed, accuracy, nmi, ari, seconds },
    ...(megabytes !== undefined && { megabytes }),
    ...(versions && { versions }),
    ...(classes.includes(-1) && behind.length > 0 && { outliersBehind: Object.fromEntries(behind) }),
  })
}

/** The area under the ROC curve: how often an image with a class has the greater value than one without, ties counting half. */
function shareBehind(values: readonly number[], classes: Int32Array): number {
  const order = [...values.keys()].sort((one, other) => values[one]! - values[other]!)
  let [before, ahead, strangers] = [0, 0, 0]
  for (let from = 0; from < order.length; ) {
    let end = from
    while (end < order.length && values[order[end]!] === values[order[from]!]) end++
    const group = order.slice(from, end)
    const alien = group.filter((image) => classes[image]! < 0).length
    ahead += (group.length - alien) * (before + alien / 2)
    before += alien
    strangers += alien
    from = end
  }
  return ahead / (strangers * (order.length - strangers))
}
