import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toUnitRows } from '#engine/clustering/embeddings.ts'
import { kMeans } from '#engine/clustering/k-means.ts'
import { createRandom } from '#engine/ml/random.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { option } from './arguments.ts'
import { loadNow, median, pythonVersions, ratios, spread, writeResults } from './result-table.ts'
import { serveRounds } from './rounds.ts'
import { alternate, startOwnSide, startPeer } from './sides.ts'

// k-means against faiss-cpu and scikit-learn.
// Arguments: [--count 50000] [--rounds 3] [--restarts 10] [--iterations 25]; one side alone: --side FILE.

const dimension = 512
const clusterCount = 100
/** Groups in the data: more than clusters, so that there is no one right answer. */
const groupCount = 300

type RoundResult = Readonly<{ seconds: number; inertia: number }>

const restarts = Number(option('restarts', '10'))
const iterations = Number(option('iterations', '25'))

if (process.argv.includes('--side')) await serve(option('side', ''))
else await compare(Number(option('count', '50000')), Number(option('rounds', '3')))

async function serve(path: string): Promise<void> {
  await loadBackend('auto')
  const { buffer, byteOffset, byteLength } = readFileSync(path)
  const values = new Float32Array(buffer, byteOffset, byteLength / 4)
  const embeddings = { values, count: values.length / dimension, dimension }
  let seed = 0
  /** All starts; where an inertia is asked for, one after the other until it is reached. */
  await serveRounds(async ({ goal }): Promise<RoundResult> => {
    const startedAt = performance.now()
    let inertia = Number.POSITIVE_INFINITY
    do {
      const options = { clusterCount, metric: 'euclidean', restarts: goal === undefined ? restarts : 1, iterations, seed: seed++ } as const
      inertia = Math.min(inertia, (await kMeans(embeddings, options)).inertia)
    } while (goal !== undefined && inertia > Number(goal))
    return { seconds: (performance.now() - startedAt) / 1000, inertia }
  })
}

/** Unit vectors around random centres, half of their length from their own noise. */
function makeVectors(count: number): Float32Array {
  const random = createRandom(1)
  const centres = Float32Array.from({ length: groupCount * dimension }, () => random.normal())
  const values = Float32Array.from({ length: count * dimension }, (_, index) => {
    const group = Math.floor(index / dimension) % groupCount
    return centres[group * dimension + (index % dimension)] + random.normal()
  })
  return toUnitRows({ values, count, dimension }).values
}

async function compare(count: number, roundCount: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-k-means-'))
  try {
    const path = join(folder, 'embeddings.f32')
    writeFileSync(path, new Uint8Array(makeVectors(count).buffer))
    const loadBefore = loadNow()
    const same = ['--restarts', String(restarts), '--iterations', String(iterations)]
    const peer = ['--file', path, '--dimension', String(dimension), '--clusters', String(clusterCount), ...same]
    const sides = [
      await startOwnSide<RoundResult>(import.meta.url, ['--side', path, ...same]),
      await startPeer<RoundResult>('k-means', ['--library', 'faiss', ...peer]),
      await startPeer<RoundResult>('k-means', ['--library', 'scikit-learn', ...peer]),
    ]
    const results = await alternate(sides, roundCount, (round) =>
      console.error(round.map(({ seconds, inertia }) => `${seconds.toFixed(1)} s (${inertia.toFixed(0)})`).join(' / ')),
    )
    // The same inertia as faiss found in each of the rounds.
    results.push([])
    for (const { inertia } of results[1]) results[3].push(await sides[0].round({ goal: inertia }))
    for (const each of sides) await each.close()
    const seconds = results.map((of) => of.map((round) => round.seconds))
    const row = (name: string, side: number, own = 0): string[] => {
      const ratio = ratios(seconds[side], seconds[own])
      return [
        name,
        spread(seconds[side], 2),
        spread(
          results[side].map(({ inertia }) => inertia),
          0,
        ),
        side === 0 ? '' : `**${median(ratio).toFixed(2)}** (${Math.min(...ratio).toFixed(2)}-${Math.max(...ratio).toFixed(2)})`,
      ]
    }
    writeResults({
      name: 'k-means',
      title: 'k-means',
      notes: [
        `${count} x ${dimension} unit vectors in ${groupCount} overlapping groups, ${clusterCount} clusters, the best of ${restarts} starts of at most ${iterations} rounds each, two threads. All stop early only when no vector changes its cluster.`,
        `${roundCount} alternating rounds with other seeds, one process each.`,
        'Ratio: time of the peer / our time, above 1 is faster than the peer. Lower inertia is better.',
      ],
      header: ['', 'seconds', 'inertia', 'ratio'],
      rows: [
        row('Spicerack `kMeans`', 0),
        row('faiss-cpu `Kmeans`', 1),
        row('scikit-learn `KMeans`', 2),
        [...row('Spicerack, starts until the inertia of faiss is reached', 3).slice(0, 3), ''],
        row('faiss-cpu, beside that', 1, 3),
      ],
      loadBefore,
      versions: pythonVersions(['faiss-cpu', 'scikit-learn', 'numpy']),
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
