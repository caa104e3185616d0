import { type Measured, readResults } from './clusterer-results.ts'
import { loadNow, writeResults } from './result-table.ts'

const list = (values: readonly number[], factor = 100, digits = 1): string => {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return `${(factor * mean).toFixed(digits)} (${(factor * low).toFixed(digits)}-${(factor * high).toFixed(digits)})`
}

/** All tables of what clusterers.ts measured. */
export function writeClustererTables(): void {
  const all = readResults()
  const isOfFew = ({ set }: Measured): boolean => set.includes('labelled')
  writeComparison(all.filter((row) => !isOfFew(row)))
  writeFewLabels(all.filter(isOfFew))
  writeOutliers(all.filter(({ outliersBehind }) => outliersBehind))
}

/** A dash where nothing was measured. */
const listOrDash = (values: readonly (number | undefined)[]): string => {
  const known = values.flatMap((value) => (value === undefined ? [] : [value]))
  return known.length > 0 ? list(known) : '-'
}

const meanSeconds = (rows: readonly Measured[]): string => {
  const known = rows.flatMap(({ seconds }) => (seconds === undefined ? [] : [seconds]))
  return known.length > 0 ? (known.reduce((sum, each) => sum + each, 0) / known.length).toFixed(1) : '-'
}

function grouped(rows: readonly Measured[]): Measured[][] {
  const keyOf = ({ set, images, method }: Measured): string => [set, String(images).padStart(6, '0'), method].join('|')
  const keys = [...new Set(rows.map(keyOf))].sort()
  return keys.map((key) => rows.filter((row) => keyOf(row) === key))
}

const encodersNote =
  'Features of the two packaged encoders side by side (320 + 448), images as the recipe `quick` reads them, without mirror images in digits; K = number of classes. Labels score, and are given where few are given.'
const setsNote =
  'digits: 1,797 scans of 8 x 8 px in 10 classes, from scikit-learn. clipart: 1,301 drawings of the Debian package openclipart-png in the 10 of its folders that are things (animals, buildings, electronics, food, geography, office, people, plants, tools, transportation), 200 of each at most; `peers/label-sets.py` unpacks both.'
const versionsOf = (rows: readonly Measured[]): string =>
  [...new Set(rows.flatMap(({ versions }) => versions?.split(', ') ?? []))].sort().join(', ')

function writeComparison(rows: readonly Measured[]): void {
  writeResults({
    name: 'clusterers',
    title: 'Clusterers of the same images',
    notes: [
      encodersNote,
      'Each seed draws its own images, 1,000 at most of a set, and is the seed of methods that have one; mean (least-most) of ACC, NMI and ARI in per cent.',
      'k-means and spherical k-means: 30 restarts. k-means on pixels: 32 px, colour; on HOG: grey at 64 px, cells of 8 px, 9 directions, blocks of 2 x 2; 10 restarts each. FINCH: our version of the idea, its means joined by average linkage down to K. HDBSCAN: smallest cluster 1 % of the images, at least 5; its noise counts as one more cluster. UMAP: 15 neighbours, minimum distance 0, cosine. TURTLE: our version of the idea, on the two parts of the features: soft labels from a linear map of each, moved for 500 steps to where linear classifiers of either agree with them, spread over K labels by their entropy.',
      'clustimage: what it does by default, told K: the images, grey at 128 px, cut to the principal components that hold 95 % of the variance, Ward there (t-SNE for its plot, which takes part of the time); no thumbnails kept. fastdup: its own features (576) and k-means; the nearer of the two centres that its file of assignments gives each image; telemetry off; it passes over images below 10 px, such as all digits. "features of fastdup, k-means": the same features as unit rows, 10 restarts of scikit-learn.',
      '"ours: clusters of the graph": what the third stage of the recipe `quick` starts from; "ours: quick": its stages after the features.',
      'Rows with fewer seeds than three, and what is missing, were not measured yet: a call of clusterers.ts goes on where it was left.',
      '10:1: classes of falling size, the largest ten times the smallest and 500 at most, which is which drawn at random; in photos, which are uneven as they are, as large as they can be in their own order. "10 % X": one image of X for every nine, of no class, which the clusterers do not know; scored on the nine.',
      setsNote,
      'Seconds are of the processor, all threads together, without the start of the process. MB: the most memory of a process that did this alone, with its libraries (TensorFlow, which is loaded first, takes about 400). A dash: not measured so then.',
    ],
    header: ['set', 'images', 'method', 'seeds', 'ACC', 'NMI', 'ARI', 'seconds', 'MB'],
    rows: grouped(rows).map((of) => {
      const megabytes = of.flatMap(({ megabytes }) => (megabytes ? [megabytes] : []))
      const { set, images, method } = of[0]!
      return [
        ...[set, String(images), method, String(of.length)],
        ...[of.map(({ accuracy }) => accuracy), of.map(({ nmi }) => nmi), of.map(({ ari }) => ari)].map(listOrDash),
        meanSeconds(of),
        megabytes.length > 0 ? Math.max(...megabytes).toFixed(0) : '-',
      ]
    }),
    loadBefore: loadNow(),
    versions: versionsOf(rows),
  })
}

function writeFewLabels(rows: readonly Measured[]): void {
  writeResults({
    name: 'few-labels',
    title: 'All images from a few labelled ones',
    notes: [
      encodersNote,
      'Labelled images drawn at random, 5 draws; scored on the other images without any matching; mean (least-most) in per cent. "Clusters matched by the labels" is our unsupervised result with the Hungarian matching that the same few labels give; the probe is logistic regression on the features, its C the best of three in cross-validation from 3 labels of each class on.',
      setsNote,
      'Seconds are wall-clock on a machine with other work, and no measure of speed. A dash: measured before ARI was.',
    ],
    header: ['set', 'images', 'method', 'draws', 'ACC', 'NMI', 'ARI', 'seconds'],
    rows: grouped(rows).map((of) => {
      const { set, images, method } = of[0]!
      return [
        ...[set, String(images), method, String(of.length), list(of.map(({ accuracy }) => accuracy)), list(of.map(({ nmi }) => nmi))],
        ...[listOrDash(of.map(({ ari }) => ari)), meanSeconds(of)],
      ]
    }),
    versions: 'scikit-learn 1.9.1',
  })
}

function writeOutliers(rows: readonly Measured[]): void {
  const measures = [...new Set(rows.flatMap(({ outliersBehind }) => Object.keys(outliersBehind ?? {})))]
  writeResults({
    name: 'outliers',
    title: 'Images of none of the clusters',
    notes: [
      'One image of another set for every nine of a set, clustered with them by `quick`, which does not know; see `clusterers.md` for what that costs the nine.',
      'How often an image of the set is surer than one of the other set, in per cent (area under the ROC curve; 50 is chance): mean (least-most) over the seeds.',
    ],
    header: ['set', 'images', 'seeds', ...measures],
    rows: grouped(rows).map((of) => [
      ...[of[0]!.set, String(of[0]!.images), String(of.length)],
      ...measures.map((measure) => list(of.flatMap(({ outliersBehind }) => outliersBehind?.[measure] ?? []))),
    ]),
    versions: 'TensorFlow.js 4.22.0',
  })
}
