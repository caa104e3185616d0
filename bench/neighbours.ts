import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toUnitRows } from '#engine/clustering/embeddings.ts'
import { findNeighbours } from '#engine/clustering/neighbours.ts'
import { createRandom } from '#engine/ml/random.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { option } from './arguments.ts'
import { loadNow, median, pythonVersions, ratios, spread, writeResults } from './result-table.ts'
import { serveRounds } from './rounds.ts'
import { alternate, startOwnSide, startPeer } from './sides.ts'

// Exact nearest neighbours against faiss-cpu's flat inner product.
// Arguments: [--count 50000] [--rounds 3]; one side alone: --side FILE.

const dimension = 512
const neighbourCount = 100
const memoryBytes = 256 * 2 ** 20

type RoundResult = Readonly<{ seconds: number; peakMegabytes: number; checksum: number }>

if (process.argv.includes('--side')) await serve(option('side', ''))
else await compare(Number(option('count', '50000')), Number(option('rounds', '3')))

async function serve(path: string): Promise<void> {
  await loadBackend('auto')
  const { buffer, byteOffset, byteLength } = readFileSync(path)
  const values = new Float32Array(buffer, byteOffset, byteLength / 4)
  const embeddings = { values, count: values.length / dimension, dimension }
  await serveRounds(async (): Promise<RoundResult> => {
    const startedAt = performance.now()
    const { similarities } = await findNeighbours(embeddings, { neighbourCount, memoryBytes })
    const seconds = (performance.now() - startedAt) / 1000
    return { seconds, peakMegabytes: process.resourceUsage().maxRSS / 1024, checksum: meanOf(similarities) }
  })
}

async function compare(count: number, roundCount: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-neighbours-'))
  try {
    const path = join(folder, 'embeddings.f32')
    const random = createRandom(1)
    const values = Float32Array.from({ length: count * dimension }, () => random.normal())
    writeFileSync(path, new Uint8Array(toUnitRows({ values, count, dimension }).values.buffer))
    const loadBefore = loadNow()
    const sides = [
      await startOwnSide<RoundResult>(import.meta.url, ['--side', path]),
      await startPeer<RoundResult>('neighbours', ['--file', path, '--dimension', String(dimension), '--k', String(neighbourCount)]),
    ]
    const results = await alternate(sides, roundCount, (round) =>
      console.error(round.map(({ seconds }) => seconds.toFixed(1)).join(' / '), 's'),
    )
    for (const each of sides) await each.close()
    const [own, peer] = results.map((of) => of.map(({ seconds }) => seconds))
    const [ownPeak, peerPeak] = results.map((of) => Math.max(...of.map(({ peakMegabytes }) => peakMegabytes)))
    const difference = Math.abs(results[0][0].checksum - results[1][0].checksum)
    if (!(difference < 1e-5)) throw new Error(`Both sides differ: mean similarity by ${difference}.`)
    const ratio = ratios(peer, own)
    writeResults({
      name: 'neighbours',
      title: 'Exact nearest neighbours',
      notes: [
        `${count} x ${dimension} random unit vectors, k = ${neighbourCount}, inner product, two threads, memory for similarities ${memoryBytes / 2 ** 20} MB. Both sides find the same (mean similarity within ${difference.toExponential(0)}).`,
        `${roundCount} alternating rounds, one process each; peak memory is that of the whole process with its runtime. Goal: at most 1024 MB.`,
        'Ratio: faiss time / our time, above 1 is faster than faiss.',
      ],
      header: ['', 'seconds', 'peak memory, MB', 'ratio'],
      rows: [
        [
          'Spicerack `findNeighbours`',
          spread(own, 2),
          ownPeak.toFixed(0),
          `**${median(ratio).toFixed(2)}** (${Math.min(...ratio).toFixed(2)}-${Math.max(...ratio).toFixed(2)})`,
        ],
        ['faiss-cpu `IndexFlatIP`', spread(peer, 2), peerPeak.toFixed(0), ''],
      ],
      loadBefore,
      versions: pythonVersions(['faiss-cpu', 'numpy']),
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
