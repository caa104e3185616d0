import { createRandom } from '#engine/ml/random.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { imagesInMemory } from '#engine/training/image-source.ts'
import { imageInputs } from '#engine/training/semi-inputs.ts'
import { createFixMatchStage } from '#engine/training/stages/semi.ts'
import { recipeNamed } from '#shared/recipes/index.ts'
import { resolveRecipe } from '#shared/recipes/recipe.ts'
import { isGiven, option } from './arguments.ts'
import { memoryHost } from './memory-host.ts'
import { loadNow, median, pythonVersions, speedRatio, spread, writeResults } from './result-table.ts'
import { alternate, startOwnSide, startPeer } from './sides.ts'
import { serveTraining, type TrainingRound } from './training-rounds.ts'

// Whole FixMatch loop with the published network, decode-cached pixels to updated weights and moving average, against PyTorch.
// Arguments: --rounds N (5), --steps N (6); one side alone: --side [--bfloat16] [--profile].

const sidePx = 32
const imageCount = 4096
const classCount = 10
const labeledCount = 16
const unlabeledRatio = 7
const steps = { warmup: 2, measured: Number(option('steps', '6')) }

if (isGiven('side')) await serve()
else await compare(Number(option('rounds', '5')))

/** Our side: the stage and the loop of the product, stopped and gone on with between rounds. */
async function serve(): Promise<void> {
  await loadBackend('auto')
  const random = createRandom(1)
  const pixels = Uint8Array.from({ length: imageCount * sidePx * sidePx * 3 }, () => random.integer(256))
  const recipe = resolveRecipe(
    recipeNamed('faithful'),
    { imageCount, clusterCount: classCount, imageSize: sidePx },
    {
      pretrain: { precision: isGiven('bfloat16') ? 'bfloat16' : 'float32' },
      semi: { batchSize: labeledCount, unlabeledRatio },
    },
  )
  const samples = {
    images: Int32Array.from({ length: 400 }, (_, place) => place),
    labels: Int32Array.from({ length: 400 }, (_, place) => place % classCount),
  }
  const inputs = imageInputs(imagesInMemory(pixels, sidePx), recipe, classCount, 1)
  await serveTraining(createFixMatchStage(inputs, samples, recipe, classCount, 1, memoryHost()), steps)
}

async function compare(roundCount: number): Promise<void> {
  const loadBefore = loadNow()
  const sizes = { labeled: labeledCount, unlabeled: labeledCount * unlabeledRatio, images: imageCount, classes: classCount, side: sidePx }
  const numbers = { ...sizes, warmup: steps.warmup, steps: steps.measured }
  const peer = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)])
  const own = ['--side', '--steps', String(steps.measured)]
  const sides = [
    await startOwnSide<TrainingRound>(import.meta.url, own),
    await startOwnSide<TrainingRound>(import.meta.url, [...own, '--bfloat16']),
    await startPeer<TrainingRound>('fixmatch-step', peer),
    await startPeer<TrainingRound>('fixmatch-step', [...peer, '--bfloat16']),
  ]
  for (const each of sides) await each.round()
  const results = await alternate(sides, roundCount, (round) =>
    console.error(round.map(({ imagesPerSecond }) => imagesPerSecond.toFixed(1)).join(' / '), 'images/s'),
  )
  for (const each of sides) await each.close()
  const speeds = results.map((of) => of.map(({ imagesPerSecond }) => imagesPerSecond))
  const imagesPerStep = labeledCount * (1 + unlabeledRatio)
  const names = ['Spicerack, float32', 'Spicerack, bfloat16', 'PyTorch, float32', 'PyTorch, bfloat16']
  writeResults({
    name: 'fixmatch-step',
    title: 'FixMatch training step',
    notes: [
      `Whole loop: decode-cached pixels, a weak view of ${labeledCount} labelled and a weak and a strong view of ${labeledCount * unlabeledRatio} other images, one pass of all ${labeledCount * (1 + 2 * unlabeledRatio)}, both losses, Nesterov update, moving average of the weights. Wide ResNet 28-2, ${sidePx} px.`,
      'Ours: `createFixMatchStage` and `train`, compiled, every image with augmentations of its own. Peer: PyTorch, channels_last, float32 or bfloat16 by autocast, on the same two cores; torchvision v2 transforms on whole batches (its RandAugment of three operations and one hole), which give all images of a batch the same augmentation.',
      `${roundCount} alternating rounds of ${steps.measured} steps after one round unmeasured; images/s count each of the ${imagesPerStep} images once, as median (least-most), ratios also of the best rounds. Goal: 1.0 times PyTorch.`,
    ],
    header: ['', 'images/s', 'ms a step', 'to PyTorch, float32', 'to PyTorch, bfloat16'],
    rows: names.map((name, side) => [
      name,
      spread(speeds[side]!, 1),
      ((1000 * imagesPerStep) / median(speeds[side]!)).toFixed(0),
      ...[2, 3].map((other) => (side < 2 ? speedRatio(speeds[side]!, speeds[other]!) : '')),
    ]),
    loadBefore,
    versions: pythonVersions(['torch', 'torchvision']),
  })
}
