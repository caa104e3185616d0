import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { normalizeImages } from '#engine/ml/augmentations/normalize.ts'
import { createBackbone } from '#engine/ml/backbones/create-backbone.ts'
import { createRandom } from '#engine/ml/random.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { computeFeatures } from '#engine/training/features.ts'
import { imagesInMemory } from '#engine/training/image-source.ts'
import { createViewEncoder } from '#engine/training/view-encoder.ts'
import { say } from '#shared/said.ts'
import { isGiven, option } from './arguments.ts'
import { memoryHost } from './memory-host.ts'
import { loadNow, pythonVersions, speedRatio, spread, writeResults } from './result-table.ts'
import { serveRounds } from './rounds.ts'
import { alternate, startOwnSide, startPeer } from './sides.ts'

// Features of images by a ResNet34 in inference mode, against PyTorch and onnxruntime with the same weights.
// Arguments: --rounds N (5), --count N (256), --batch N (64); one side alone: --side FOLDER.

const sidePx = 96
const imageCount = Number(option('count', '256'))
const batchSize = Number(option('batch', '64'))

type RoundResult = Readonly<{ imagesPerSecond: number; peakMegabytes: number; features: readonly number[] }>

/** Of the first image so many features are compared. */
const comparedFeatures = 64

if (isGiven('side')) await serve(option('side', ''))
else await compare(Number(option('rounds', '5')))

/** Our side: the encoder and the loop of the second stage. */
async function serve(folder: string): Promise<void> {
  await loadBackend('auto')
  const backbone = createBackbone({ name: 'resnet34', widthFactor: 1, seed: 1 })
  const weights = floatsOf(join(folder, 'weights.f32'))
  let place = 0
  for (const { variable } of backbone.parameters) {
    tf.tidy(() => variable.assign(tf.tensor(weights.subarray(place, place + variable.size), variable.shape)))
    place += variable.size
  }
  const source = imagesInMemory(readFileSync(join(folder, 'pixels.u8')), sidePx)
  const encoder = createViewEncoder(backbone, normalizeImages)
  const options = { batchSize, draw: () => ({}), note: say('scoring') }
  await serveRounds(async (): Promise<RoundResult> => {
    const startedAt = performance.now()
    const { values } = await computeFeatures(encoder, source, options, memoryHost())
    const seconds = (performance.now() - startedAt) / 1000
    return {
      imagesPerSecond: source.count / seconds,
      peakMegabytes: process.resourceUsage().maxRSS / 1024,
      features: [...values.subarray(0, comparedFeatures)],
    }
  })
}

function floatsOf(path: string): Float32Array {
  const { buffer, byteOffset, byteLength } = readFileSync(path)
  return new Float32Array(buffer, byteOffset, byteLength / 4)
}

/** Weights as a fresh network has them, with running statistics that are not those of an untrained one, and images of noise. */
async function writeInputs(folder: string): Promise<void> {
  await tf.setBackend('cpu')
  const backbone = createBackbone({ name: 'resnet34', widthFactor: 1, seed: 1 })
  const random = createRandom(2)
  const all = backbone.parameters.map(({ kind, variable }) =>
    kind === 'statistic' || kind === 'scale' || kind === 'offset'
      ? Float32Array.from({ length: variable.size }, () => 0.5 + random.uniform())
      : (variable.dataSync() as Float32Array),
  )
  const named = backbone.parameters.map(({ name, variable }) => ({ name, shape: variable.shape }))
  writeFileSync(join(folder, 'weights.json'), JSON.stringify(named))
  writeFileSync(
    join(folder, 'weights.f32'),
    Buffer.concat(all.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength))),
  )
  writeFileSync(
    join(folder, 'pixels.u8'),
    Uint8Array.from({ length: imageCount * sidePx * sidePx * 3 }, () => random.integer(256)),
  )
}

async function compare(roundCount: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-embedding-'))
  try {
    await writeInputs(folder)
    const loadBefore = loadNow()
    const common = ['--batch', String(batchSize)]
    const peer = ['--folder', folder, '--side', String(sidePx), ...common]
    const sides = [
      await startOwnSide<RoundResult>(import.meta.url, ['--side', folder, ...common]),
      await startPeer<RoundResult>('embedding', [...peer, '--with', 'torch']),
      await startPeer<RoundResult>('embedding', [...peer, '--with', 'torch-compiled']),
      await startPeer<RoundResult>('embedding', [...peer, '--with', 'onnxruntime']),
    ]
    for (const each of sides) await each.round()
    const results = await alternate(sides, roundCount, (round) =>
      console.error(round.map(({ imagesPerSecond }) => imagesPerSecond.toFixed(1)).join(' / '), 'images/s'),
    )
    for (const each of sides) await each.close()
    const deviation = Math.max(...results.slice(1).map((of) => deviationOf(of[0]!.features, results[0]![0]!.features)))
    if (!(deviation < 1e-3)) throw new Error(`The sides compute different features: relative deviation ${deviation}.`)
    const speeds = results.map((of) => of.map(({ imagesPerSecond }) => imagesPerSecond))
    const names = ['Spicerack `computeFeatures`', 'PyTorch', 'PyTorch, `torch.compile`', 'onnxruntime']
    writeResults({
      name: 'embedding',
      title: 'Features of images',
      notes: [
        `${imageCount} images of ${sidePx} px, bytes in memory to features, by a ResNet34 (width 64) in inference mode, float32, batches of ${batchSize}, two threads, the same weights (features agree within ${deviation.toExponential(0)}).`,
        'Peers: PyTorch, channels_last, `torch.inference_mode`, as it is and compiled by inductor; onnxruntime on the same network exported from PyTorch, all its optimisations on.',
        `${roundCount} alternating rounds after one unmeasured; median (least-most), ratios also of the best rounds; peak memory is that of the whole process. Goal: 1.0 times the faster peer.`,
      ],
      header: ['', 'images/s', 'peak memory, MB', 'Spicerack / this'],
      rows: names.map((name, side) => [
        name,
        spread(speeds[side]!, 1),
        Math.max(...results[side]!.map(({ peakMegabytes }) => peakMegabytes)).toFixed(0),
        side === 0 ? '' : speedRatio(speeds[0]!, speeds[side]!),
      ]),
      loadBefore,
      versions: pythonVersions(['torch', 'onnxruntime', 'numpy']),
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Largest difference, as a share of the largest value. */
function deviationOf(values: readonly number[], expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs))
  return Math.max(...values.map((value, place) => Math.abs(value - expected[place]!))) / largest
}
