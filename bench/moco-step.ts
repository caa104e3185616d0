import * as tf from '@tensorflow/tfjs'
import { createRandom } from '#engine/ml/random.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { imagesInMemory } from '#engine/training/image-source.ts'
import { StageStopped } from '#engine/training/run-context.ts'
import { createMocoStage } from '#engine/training/stages/pretrain.ts'
import { train } from '#engine/training/train-loop.ts'
import { recipeNamed } from '#shared/recipes/index.ts'
import { resolveRecipe } from '#shared/recipes/recipe.ts'
import { memoryHost } from './memory-host.ts'
import { countOperations } from './operation-profile.ts'
import { loadNow, median, pythonVersions, ratios, spread, writeResults } from './result-table.ts'
import { serveRounds } from './rounds.ts'
import { alternate, startOwnSide, startPeer } from './sides.ts'

// Whole MoCo v2 training loop, decode-cached pixels to updated weights, against PyTorch with its augmentation in the DataLoader and on batches.
// Arguments: --rounds N (7), --widths 16,64; one side alone: --side --width W [--eager] [--bfloat16] [--profile].

const imageCount = 4096
const side = 32
const batchSize = 64
const warmupSteps = 4
const stepsOfWidth = (width: number): number => (width <= 16 ? 24 : 6)

type RoundResult = Readonly<{ imagesPerSecond: number; loss: number }>

const option = (name: string, fallback: string): string => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : process.argv[at + 1]
}

if (process.argv.includes('--side')) await serve(Number(option('width', '16')))
else await compare(Number(option('rounds', '7')), option('widths', '16,64').split(',').map(Number))

/** Our side: the stage and the loop of the product, stopped and gone on with between rounds. */
async function serve(width: number): Promise<void> {
  if (process.argv.includes('--eager')) process.env.SPICERACK_EAGER = '1'
  await loadBackend('auto')
  const random = createRandom(1)
  const pixels = Uint8Array.from({ length: imageCount * side * side * 3 }, () => random.integer(256))
  const recipe = resolveRecipe(
    recipeNamed('standard'),
    { imageCount, clusterCount: 10, imageSize: side },
    {
      pretrain: {
        widthFactor: width / 64,
        batchSize,
        queueSize: 4096,
        epochs: 800,
        precision: process.argv.includes('--bfloat16') ? 'bfloat16' : 'float32',
      },
    },
  )
  const stage = createMocoStage(imagesInMemory(pixels, side), recipe.pretrain, 1)
  const steps = stepsOfWidth(width)
  let taken = 0
  let startedAt = 0
  let endedAt = 0
  let loss = 0
  const host = memoryHost({
    shouldStop: () => taken === warmupSteps + steps,
    metrics(_, values) {
      taken++
      endedAt = performance.now()
      if (taken === warmupSteps) startedAt = endedAt
      loss = values.loss
    },
  })
  const round = async (): Promise<RoundResult> => {
    taken = 0
    await train(stage, { name: 'pretrain', checkpointMinutes: 1000 }, host).catch((error: unknown) => {
      if (!(error instanceof StageStopped)) throw error
    })
    return { imagesPerSecond: (batchSize * steps) / ((endedAt - startedAt) / 1000), loss }
  }
  if (!process.argv.includes('--profile')) return serveRounds(round)
  await round()
  const profile = countOperations()
  await round()
  console.table(profile.stop(warmupSteps + steps))
  console.log(
    `${((1000 * batchSize) / (await round()).imagesPerSecond).toFixed(1)} ms a step unprofiled, ${tf.memory().numTensors} tensors`,
  )
}

async function compare(roundCount: number, widths: readonly number[]): Promise<void> {
  const loadBefore = loadNow()
  const rows: string[][] = []
  for (const width of widths) {
    const settings = ['--width', String(width), '--batch', String(batchSize), '--images', String(imageCount)]
    const common = [...settings, '--warmup', String(warmupSteps), '--steps', String(stepsOfWidth(width))]
    const own = ['--side', '--width', String(width)]
    const sides = [
      await startOwnSide<RoundResult>(import.meta.url, own),
      await startOwnSide<RoundResult>(import.meta.url, [...own, '--bfloat16']),
      await startOwnSide<RoundResult>(import.meta.url, [...own, '--eager']),
      await startPeer<RoundResult>('moco-step', [...common, '--workers', '0']),
      await startPeer<RoundResult>('moco-step', [...common, '--workers', '-1']),
      await startPeer<RoundResult>('moco-step', [...common, '--workers', '-1', '--bfloat16']),
    ]
    for (const each of sides) await each.round()
    const results = await alternate(sides, roundCount, (round) =>
      console.error(`width ${width}: ${round.map(({ imagesPerSecond }) => imagesPerSecond.toFixed(1)).join(' / ')} images/s`),
    )
    for (const each of sides) await each.close()
    const speeds = results.map((of) => of.map(({ imagesPerSecond }) => imagesPerSecond))
    const [compiled, narrow, eager, images, batches, narrowBatches] = speeds
    const ratioTo = (other: number[], own = compiled): string => {
      const each = ratios(own, other)
      return `**${median(each).toFixed(2)}** (${Math.min(...each).toFixed(2)}-${Math.max(...each).toFixed(2)})`
    }
    rows.push([
      String(width),
      ...speeds.map((of) => spread(of, 1)),
      ratioTo(eager),
      ratioTo(images),
      ratioTo(batches),
      ratioTo(batches, narrow),
      ratioTo(narrowBatches, narrow),
      width <= 16 ? '1.2' : '1.0',
    ])
  }
  writeResults({
    name: 'moco-step',
    title: 'MoCo v2 training step',
    notes: [
      `Whole loop: decode-cached pixels, two augmented views, query, key, update, queue. ResNet18 (CIFAR form), ${side} px, batch ${batchSize}, queue 4096, SGD with momentum; width is the number of channels of the first stage.`,
      'Ours: `createMocoStage` and `train`, keys in 4 groups with batch statistics of their own, every image with augmentations of its own; compiled, in float32 and in bfloat16, and operation by operation. Peer: PyTorch, channels_last, float32 or bfloat16 by autocast, on the same two cores, keys in one batch; torchvision transforms on each image in a DataLoader without workers, or torchvision v2 transforms on whole batches, which give all images of a batch the same augmentation.',
      `${roundCount} alternating rounds after one unmeasured; images/s as median (least-most).`,
    ],
    header: [
      'width',
      'compiled',
      'compiled, bfloat16',
      'operation by operation',
      'PyTorch, image by image',
      'PyTorch, whole batches',
      'PyTorch, whole batches, bfloat16',
      'to operations',
      'to image by image',
      'to whole batches',
      'bfloat16 to whole batches',
      'bfloat16 to bfloat16',
      'goal to whole batches',
    ],
    rows,
    loadBefore,
    versions: pythonVersions(['torch', 'torchvision', 'pillow']),
  })
}
