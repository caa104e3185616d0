import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rowsOf, toUnitRows } from '#engine/clustering/embeddings.ts'
import { suggestClusterCounts } from '#engine/clustering/suggest-clusters.ts'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import { option } from './arguments.ts'
import { openSet } from './clusterer-sets.ts'
import { writeResults } from './result-table.ts'

// Suggested numbers of clusters on whole sets and on subsets of 5 to 8 classes drawn at random. Labels draw the subsets and score.
// Arguments: FOLDER of SET_objectron320.npy, SET_nsfw.npy and SET_labels.npy [--sets a,b] [--subsets 3]; or --table

type Measured = Readonly<{ set: string; draw: number; images: number; classCount: number; suggested: readonly number[]; seconds: number }>

const resultsPath = join(dirname(fileURLToPath(import.meta.url)), 'results', 'cluster-counts.json')
const read = (): Measured[] => (existsSync(resultsPath) ? JSON.parse(readFileSync(resultsPath, 'utf8')) : [])

if (!process.argv.includes('--table'))
  for (const set of option('sets', 'photos,fashion,mnist').split(',')) await measureSet(resolve(process.argv[2] ?? ''), set)
writeTable()

async function measureSet(folder: string, set: string): Promise<void> {
  const { classes, features } = openSet(folder, set, ['objectron320', 'nsfw'])
  for (let draw = 0; draw <= Number(option('subsets', '3')); draw++) {
    if (read().some((row) => row.set === set && row.draw === draw)) continue
    const chosen = drawnClasses(set, draw, Math.max(...classes) + 1)
    const rows = [...classes.keys()].filter((row) => chosen.has(classes[row]!))
    const startedAt = performance.now()
    const found = await suggestClusterCounts(toUnitRows(rowsOf(features, rows)), 0)
    const seconds = (performance.now() - startedAt) / 1000
    const suggested = found.map(({ clusterCount }) => clusterCount)
    const row = { set, draw, images: rows.length, classCount: chosen.size, suggested, seconds }
    writeFileSync(resultsPath, `${JSON.stringify([...read(), row], null, 2)}\n`)
    console.error(JSON.stringify(row))
  }
}

/** All classes, or 5 to 8 of them. */
function drawnClasses(set: string, draw: number, classCount: number): Set<number> {
  if (draw === 0) return new Set(Array.from({ length: classCount }, (_, label) => label))
  const random = createRandom(deriveSeed(7, set, draw - 1))
  const count = 5 + random.integer(4)
  return new Set(random.shuffled(classCount).subarray(0, count))
}

function writeTable(): void {
  const isNear = (count: number, classCount: number): boolean => Math.abs(count - classCount) <= 0.2 * classCount
  const rows = read()
  const whole = rows.filter(({ draw }) => draw === 0)
  const near = (of: readonly Measured[], most: number): string =>
    `${of.filter(({ suggested, classCount }) => suggested.slice(0, most).some((count) => isNear(count, classCount))).length} of ${of.length}`
  writeResults({
    name: 'cluster-counts',
    title: 'Suggested numbers of clusters',
    notes: [
      'Features of the two packaged encoders side by side (320 + 448). Subsets: 5 to 8 classes of a set, drawn at random. Suggestions as given: first, fewer, more.',
      `Within 20 % of the number of classes: the first suggestion on ${near(whole, 1)} whole sets and ${near(rows, 1)} with the subsets, one of the three on ${near(whole, 3)} and ${near(rows, 3)}.`,
      'Seconds are wall-clock on a machine with much other work.',
    ],
    header: ['set', 'images', 'classes', 'suggested', 'first within 20 %', 'one of three', 'seconds'],
    rows: rows.map(({ set, draw, images, classCount, suggested, seconds }) => [
      ...[draw === 0 ? set : `${set}, subset ${draw}`, String(images), String(classCount), suggested.join(', ')],
      ...[isNear(suggested[0]!, classCount) ? 'yes' : 'no', suggested.some((count) => isNear(count, classCount)) ? 'yes' : 'no'],
      seconds.toFixed(1),
    ]),
    versions: 'seed 0',
  })
}
