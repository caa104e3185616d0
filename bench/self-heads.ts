import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Embeddings, toUnitRows } from '#engine/clustering/embeddings.ts'
import { createRandom } from '#engine/ml/random.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { createSelfStage } from '#engine/training/self-heads.ts'
import { train } from '#engine/training/train-loop.ts'
import { recipeNamed } from '#shared/recipes/index.ts'
import { resolveRecipe } from '#shared/recipes/recipe.ts'
import { option } from './arguments.ts'
import { cachedViews } from './cached-views.ts'
import { memoryHost } from './memory-host.ts'
import { loadNow, pythonVersions, writeResults } from './result-table.ts'
import { serveRounds } from './rounds.ts'
import { startOwnSide, startPeer } from './sides.ts'

// SPICE-Self on cached features, our standard settings against the published loop in PyTorch.
// Arguments: [--peer-epochs 3] [--rounds 1] [--count 10000]; one side alone: --side FILE --count N.

const dimension = 512
const clusterCount = 10
const weakCount = 2
const strongCount = 6
const publishedEpochs = 100

/** Loss by which heads are chosen, after each epoch, and the seconds it took to get there. */
type Curve = Readonly<{ seconds: readonly number[]; losses: readonly number[]; steps: number }>

const imageCount = Number(option('count', '10000'))

if (process.argv.includes('--side')) await serve(option('side', ''))
else await compare(Number(option('rounds', '1')), Number(option('peer-epochs', '3')))

async function serve(path: string): Promise<void> {
  await loadBackend('auto')
  const [plain, ...views] = readViews(path)
  const [weak, strong] = [views.slice(0, weakCount), views.slice(weakCount)]
  const facts = { imageCount, clusterCount, imageSize: 32 }
  const { self: settings } = resolveRecipe(recipeNamed('standard'), facts, { self: { headChoice: 'lowest-loss' } })
  let seed = 0
  await serveRounds(async (): Promise<Curve> => {
    seed++
    const startedAt = performance.now()
    const seconds: number[] = []
    const losses: number[] = []
    const host = memoryHost({
      metrics(_, values) {
        if (values.headLoss === undefined) return
        seconds.push((performance.now() - startedAt) / 1000)
        losses.push(values.headLoss)
      },
    })
    const stage = createSelfStage({
      ...{ embeddings: toUnitRows(plain), settings, clusterCount, seed, host },
      views: cachedViews(plain, weak, strong, seed),
    })
    await train(stage, { name: 'self', checkpointMinutes: 1000 }, host)
    stage.dispose()
    return { seconds, losses, steps: stage.totalSteps }
  })
}

async function compare(roundCount: number, peerEpochs: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-self-'))
  try {
    const path = join(folder, 'features.f32')
    writeFileSync(path, makeFeatures())
    const loadBefore = loadNow()
    const ours = await startOwnSide<Curve>(import.meta.url, ['--side', path, '--count', String(imageCount)])
    const sizes = [
      '--images',
      imageCount,
      '--dimension',
      dimension,
      '--clusters',
      clusterCount,
      '--weak',
      weakCount,
      '--strong',
      strongCount,
    ]
    const peer = await startPeer<Curve>('self-heads', ['--file', path, ...sizes.map(String), '--epochs', String(peerEpochs)])
    const rows: string[][] = []
    for (let round = 0; round < roundCount; round++) {
      const theirs = await peer.round()
      const own = await ours.round()
      const theirBest = Math.min(...theirs.losses)
      const reached = own.losses.findIndex((loss) => loss <= theirBest)
      const wholePeer = (theirs.seconds.at(-1)! / peerEpochs) * publishedEpochs
      const same = theirs.losses.findIndex((loss) => loss <= Math.min(...own.losses))
      rows.push([
        String(round + 1),
        `${own.seconds.at(-1)!.toFixed(1)} s, ${Math.min(...own.losses).toFixed(4)}`,
        reached < 0 ? 'not reached' : `${own.seconds[reached].toFixed(1)} s`,
        `${theirs.seconds.at(-1)!.toFixed(1)} s, ${theirBest.toFixed(4)}`,
        `${wholePeer.toFixed(0)} s`,
        `**${(wholePeer / own.seconds.at(-1)!).toFixed(1)}**`,
        reached < 0 ? '-' : (wholePeer / own.seconds[reached]).toFixed(1),
        same < 0 ? `more than ${theirs.seconds.at(-1)!.toFixed(1)} s` : `${theirs.seconds[same].toFixed(1)} s`,
      ])
    }
    await ours.close()
    await peer.close()
    writeResults({
      name: 'self-heads',
      title: 'SPICE-Self on cached features',
      notes: [
        `${imageCount} x ${dimension} features of a seeded mixture of ${clusterCount} overlapping groups, with ${weakCount} weak and ${strongCount} strong views, the same file on both sides; 10 heads.`,
        'Loss: double-softmax cross-entropy of the pairs that the best head selects itself, over all images after each epoch; no label is used.',
        `Ours: \`standard\` (k-means start, disjoint selection, cross-entropy; heads chosen by this loss), all its epochs. Peer: the published loop (random start, overlapping selection, double softmax, Adam 0.005), ${publishedEpochs} epochs. Goal: 20 times less time.`,
        `Of the published ${publishedEpochs} epochs ${peerEpochs} were run; the time of all is extrapolated from them, and its loss is the best of these.`,
      ],
      header: [
        'round',
        'ours: whole, loss',
        "ours: to the peer's loss",
        `peer: ${peerEpochs} epochs, loss`,
        `peer: ${publishedEpochs} epochs`,
        'whole against whole',
        "whole peer / ours to the peer's loss",
        'peer: to our loss',
      ],
      rows,
      loadBefore,
      versions: pythonVersions(['torch', 'numpy']),
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Plain, weak and strong features, one after the other: non-negative, groups that overlap, views that scatter. */
function makeFeatures(): Uint8Array {
  const random = createRandom(7)
  const noise = Float32Array.from({ length: 1 << 20 }, () => random.normal())
  let drawn = 0
  const normal = (): number => {
    drawn = (drawn + 1 + (drawn % 3)) % noise.length
    return noise[drawn]
  }
  const centres = Float32Array.from({ length: clusterCount * dimension }, () => random.normal())
  const own = Float32Array.from({ length: imageCount * dimension }, (_, at) => {
    const group = Math.floor(at / dimension) % clusterCount
    return 0.3 * centres[group * dimension + (at % dimension)] + random.normal()
  })
  const scatters = [0, ...Array.from({ length: weakCount }, () => 0.3), ...Array.from({ length: strongCount }, () => 0.7)]
  const all = new Float32Array(scatters.length * own.length)
  for (const [view, scatter] of scatters.entries())
    for (let at = 0; at < own.length; at++) all[view * own.length + at] = Math.max(0, own[at] + scatter * normal())
  return new Uint8Array(all.buffer)
}

function readViews(path: string): Embeddings[] {
  const { buffer, byteOffset, byteLength } = readFileSync(path)
  const all = new Float32Array(buffer, byteOffset, byteLength / 4)
  const length = imageCount * dimension
  return Array.from({ length: all.length / length }, (_, view) => ({
    values: all.subarray(view * length, (view + 1) * length),
    count: imageCount,
    dimension,
  }))
}
