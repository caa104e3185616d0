import { createRandom } from '#engine/ml/random.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { imagesInMemory } from '#engine/training/image-source.ts'
import { createMocoStage } from '#engine/training/stages/pretrain.ts'
import { recipeNamed } from '#shared/recipes/index.ts'
import { resolveRecipe } from '#shared/recipes/recipe.ts'
import { isGiven, option } from './arguments.ts'
import { loadNow, pythonVersions, speedRatio, spread, writeResults } from './result-table.ts'
import { alternate, type Side, startOwnSide, startPeer } from './sides.ts'
import { type RoundSteps, serveTraining, type TrainingRound } from './training-rounds.ts'

// Whole MoCo v2 training loop, decode-cached pixels to updated weights, against PyTorch with its augmentation in the DataLoader and on batches.
// Arguments: --rounds N (7), --only 16,64 or --only 96; one side alone: --side CASE [--eager] [--bfloat16] [--profile].

type Case = Readonly<{
  backbone: 'resnet18-cifar' | 'clusterresnet'
  /** Channels of the first stage, of 64 in the published network. */
  width: number
  sidePx: number
  batchSize: number
  imageCount: number
  steps: RoundSteps
  /** How many times as fast as PyTorch on whole batches it is to be. */
  goal: string
}>

const small = { backbone: 'resnet18-cifar', sidePx: 32, batchSize: 64, imageCount: 4096 } as const
const cases: Readonly<Record<string, Case>> = {
  16: { ...small, width: 16, steps: { warmup: 4, measured: 24 }, goal: '1.2' },
  64: { ...small, width: 64, steps: { warmup: 4, measured: 6 }, goal: '1.0' },
  96: {
    ...{ backbone: 'clusterresnet', width: 64, sidePx: 96, batchSize: 32, imageCount: 1024 },
    ...{ steps: { warmup: 1, measured: 2 }, goal: '1.0' },
  },
}

const sideNames = {
  compiled: 'compiled',
  narrow: 'compiled, bfloat16',
  eager: 'operation by operation',
  images: 'PyTorch, image by image',
  batches: 'PyTorch, whole batches',
  narrowBatches: 'PyTorch, whole batches, bfloat16',
} as const
type SideName = keyof typeof sideNames

const compared: Readonly<Record<string, readonly [SideName, SideName]>> = {
  'to operations': ['compiled', 'eager'],
  'to image by image': ['compiled', 'images'],
  'to whole batches': ['compiled', 'batches'],
  'bfloat16 to whole batches': ['narrow', 'batches'],
  'bfloat16 to bfloat16': ['narrow', 'narrowBatches'],
}

const wanted = option('only', '16,64').split(',')
if (isGiven('side')) await serve(option('side', '16'))
else if (wanted.includes('96')) await compare(['96'], 'moco-step-96', ['compiled', 'narrow', 'batches', 'narrowBatches'])
else await compare(wanted, 'moco-step', Object.keys(sideNames) as SideName[])

/** Our side: the stage and the loop of the product, stopped and gone on with between rounds. */
async function serve(name: string): Promise<void> {
  if (isGiven('eager')) process.env.SPICERACK_EAGER = '1'
  await loadBackend('auto')
  const { backbone, width, sidePx, batchSize, imageCount, steps } = cases[name]!
  const random = createRandom(1)
  const pixels = Uint8Array.from({ length: imageCount * sidePx * sidePx * 3 }, () => random.integer(256))
  const precision = isGiven('bfloat16') ? 'bfloat16' : 'float32'
  const recipe = resolveRecipe(
    recipeNamed('standard'),
    { imageCount, clusterCount: 10, imageSize: sidePx },
    { pretrain: { backbone, widthFactor: width / 64, sidePx, batchSize, queueSize: 4096, epochs: 800, precision } },
  )
  await serveTraining(createMocoStage(imagesInMemory(pixels, sidePx), recipe.pretrain, 1), steps)
}

function startSide(side: SideName, name: string): Promise<Side<TrainingRound>> {
  const { backbone, width, sidePx, batchSize, imageCount, steps } = cases[name]!
  const own = (...more: string[]): Promise<Side<TrainingRound>> => startOwnSide(import.meta.url, ['--side', name, ...more])
  const numbers = { width, side: sidePx, batch: batchSize, images: imageCount, warmup: steps.warmup, steps: steps.measured }
  const settings = Object.entries(numbers).flatMap(([key, value]) => [`--${key}`, String(value)])
  const peer = (...more: string[]): Promise<Side<TrainingRound>> =>
    startPeer('moco-step', ['--backbone', backbone, ...settings, '--workers', ...more])
  switch (side) {
    case 'compiled':
      return own()
    case 'narrow':
      return own('--bfloat16')
    case 'eager':
      return own('--eager')
    case 'images':
      return peer('0')
    case 'batches':
      return peer('-1')
    case 'narrowBatches':
      return peer('-1', '--bfloat16')
  }
}

async function compare(names: readonly string[], table: string, present: readonly SideName[]): Promise<void> {
  const roundCount = Number(option('rounds', '7'))
  const loadBefore = loadNow()
  const rows: string[][] = []
  const columns = Object.entries(compared).filter(([, both]) => both.every((side) => present.includes(side)))
  for (const name of names) {
    const sides: Side<TrainingRound>[] = []
    for (const side of present) sides.push(await startSide(side, name))
    for (const each of sides) await each.round()
    const results = await alternate(sides, roundCount, (round) =>
      console.error(`case ${name}: ${round.map(({ imagesPerSecond }) => imagesPerSecond.toFixed(1)).join(' / ')} images/s`),
    )
    for (const each of sides) await each.close()
    const speeds = results.map((of) => of.map(({ imagesPerSecond }) => imagesPerSecond))
    const of = (side: SideName): number[] => speeds[present.indexOf(side)]!
    rows.push([
      String(cases[name]!.width),
      ...speeds.map((each) => spread(each, 1)),
      ...columns.map(([, [own, other]]) => speedRatio(of(own), of(other))),
      cases[name]!.goal,
    ])
  }
  const { backbone, sidePx, batchSize } = cases[names[0]!]!
  const network = backbone === 'clusterresnet' ? 'ClusterResNet (34 layers)' : 'ResNet18 (CIFAR form)'
  writeResults({
    name: table,
    title: 'MoCo v2 training step',
    notes: [
      `Whole loop: decode-cached pixels, two augmented views, query, key, update, queue. ${network}, ${sidePx} px, batch ${batchSize}, queue 4096, SGD with momentum; width is the number of channels of the first stage.`,
      `Ours: \`createMocoStage\` and \`train\`, keys in 4 groups with batch statistics of their own, every image with augmentations of its own; compiled, in float32 and in bfloat16${present.includes('eager') ? ', and operation by operation' : ''}. Peer: PyTorch, channels_last, float32 or bfloat16 by autocast, on the same two cores, keys in one batch; ${present.includes('images') ? 'torchvision transforms on each image in a DataLoader without workers, or ' : ''}torchvision v2 transforms on whole batches, which give all images of a batch the same augmentation.`,
      `${roundCount} alternating rounds after one unmeasured; images/s as median (least-most), ratios also of the best rounds.`,
    ],
    header: ['width', ...present.map((side) => sideNames[side]), ...columns.map(([title]) => title), 'goal to whole batches'],
    rows,
    loadBefore,
    versions: pythonVersions(['torch', 'torchvision', 'pillow']),
  })
}
