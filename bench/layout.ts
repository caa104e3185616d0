import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { layoutPlane } from '#engine/clustering/layout-plane.ts'
import { createRandom } from '#engine/ml/random.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { option } from './arguments.ts'
import { loadNow, median, pythonVersions, ratios, spread, writeResults } from './result-table.ts'
import { serveRounds } from './rounds.ts'
import { alternate, type Side, startOwnSide, startPeer } from './sides.ts'

// The two-dimensional layout, neighbours included, against umap-learn: seeded (one thread) and as it comes (parallel, not repeatable).
// Arguments: [--count 50000] [--rounds 2]; one side alone: --side FILE --out FILE.

const dimension = 512
const neighbourCount = 15
const memoryBytes = 256 * 2 ** 20
const manifolds = 20
const latentCount = 3

type RoundResult = Readonly<{ seconds: number; peakMegabytes: number }>

if (process.argv.includes('--side')) await serve(option('side', ''), option('out', ''))
else await compare(Number(option('count', '50000')), Number(option('rounds', '2')))

async function serve(path: string, out: string): Promise<void> {
  await loadBackend('auto')
  const { buffer, byteOffset, byteLength } = readFileSync(path)
  const values = new Float32Array(buffer, byteOffset, byteLength / 4)
  const embeddings = { values, count: values.length / dimension, dimension }
  await serveRounds(async (): Promise<RoundResult> => {
    const startedAt = performance.now()
    const positions = await layoutPlane(embeddings, { neighbourCount, memoryBytes, seed: 1 })
    const seconds = (performance.now() - startedAt) / 1000
    writeFileSync(out, new Uint8Array(positions.buffer))
    return { seconds, peakMegabytes: process.resourceUsage().maxRSS / 1024 }
  })
}

/** Curved sheets of three dimensions in different places, with noise: something that a layout can keep. */
function curvedSheets(count: number): Float32Array {
  const random = createRandom(1)
  const draw = (length: number, scale: number): Float64Array => Float64Array.from({ length }, () => scale * random.normal())
  const sheets = Array.from({ length: manifolds }, () => ({
    centre: draw(dimension, 1),
    slopes: draw(dimension * latentCount, 1),
    phases: draw(dimension, 3),
  }))
  const values = new Float32Array(count * dimension)
  for (let row = 0; row < count; row++) {
    const { centre, slopes, phases } = sheets[random.integer(manifolds)]
    const latent = draw(latentCount, 1)
    for (let column = 0; column < dimension; column++) {
      let angle = phases[column]
      for (let axis = 0; axis < latentCount; axis++) angle += slopes[column * latentCount + axis] * latent[axis]
      values[row * dimension + column] = centre[column] + Math.sin(angle) + 0.2 * random.normal()
    }
  }
  return values
}

async function compare(count: number, roundCount: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-layout-'))
  try {
    const path = join(folder, 'embeddings.f32')
    writeFileSync(path, new Uint8Array(curvedSheets(count).buffer))
    const loadBefore = loadNow()
    const outs = ['own', 'seeded', 'parallel'].map((name) => join(folder, `${name}.f32`))
    const peer = (out: string, ...more: string[]): Promise<Side<RoundResult>> =>
      startPeer('layout', ['--file', path, '--dimension', String(dimension), '--k', String(neighbourCount), '--out', out, ...more])
    const sides = [
      await startOwnSide<RoundResult>(import.meta.url, ['--side', path, '--out', outs[0]]),
      await peer(outs[1], '--seeded'),
      await peer(outs[2]),
    ]
    const results = await alternate(sides, roundCount, (round) =>
      console.error(round.map(({ seconds }) => seconds.toFixed(1)).join(' / '), 's'),
    )
    const trusts: number[] = []
    for (const out of outs) {
      const { trustworthiness } = (await sides[1].round({ judge: out })) as unknown as { trustworthiness: number }
      trusts.push(trustworthiness)
    }
    for (const each of sides) await each.close()
    const seconds = results.map((of) => of.map((round) => round.seconds))
    const names = ['Spicerack `layoutPlane`', 'umap-learn, seeded (one thread)', 'umap-learn, as it comes (parallel)']
    writeResults({
      name: 'layout',
      title: 'Two-dimensional layout',
      notes: [
        `${count} x ${dimension} vectors on ${manifolds} curved three-dimensional sheets with noise; cosine, ${neighbourCount} neighbours, minimum distance 0.1, other settings as they come; from vectors to positions, search for neighbours included.`,
        `${roundCount} alternating rounds, one process each on two cores, after a first small fit that compiles umap-learn; peak memory is that of the whole process.`,
        'Trustworthiness (scikit-learn, 15 neighbours, cosine) of 5,000 of the points among themselves, last round. Ratio: peer time / our time, above 1 is faster than the peer.',
      ],
      header: ['', 'seconds', 'trustworthiness', 'peak memory, MB', 'ratio'],
      rows: names.map((name, side) => {
        const ratio = ratios(seconds[side], seconds[0])
        return [
          name,
          spread(seconds[side], 1),
          trusts[side].toFixed(4),
          Math.max(...results[side].map(({ peakMegabytes }) => peakMegabytes)).toFixed(0),
          side === 0 ? '' : `**${median(ratio).toFixed(2)}** (${Math.min(...ratio).toFixed(2)}-${Math.max(...ratio).toFixed(2)})`,
        ]
      }),
      loadBefore,
      versions: pythonVersions(['umap-learn', 'pynndescent', 'numba', 'scikit-learn', 'numpy']),
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
