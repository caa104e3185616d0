import * as tf from '@tensorflow/tfjs'
import { createStepProgram } from '#engine/graph/step-program.ts'
import { applyMocoView, drawMocoView, type MocoView } from '#engine/ml/augmentations/moco.ts'
import type { Backbone } from '#engine/ml/backbones/backbone.ts'
import { createBackbone } from '#engine/ml/backbones/create-backbone.ts'
import { computeValues } from '#engine/ml/compute-values.ts'
import type { DrawnValues } from '#engine/ml/drawn-values.ts'
import { gatherRows } from '#engine/ml/gather-rows.ts'
import { createProjectionHead } from '#engine/ml/heads.ts'
import { createKeyQueue } from '#engine/ml/key-queue.ts'
import { infoNce } from '#engine/ml/losses/info-nce.ts'
import { copyParameters, followWithMomentum } from '#engine/ml/momentum-encoder.ts'
import { createSgd, minimize } from '#engine/ml/optimizers.ts'
import type { Parameter } from '#engine/ml/parameters.ts'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import { cosineByEpoch, linearWarmup } from '#engine/ml/schedules.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { PretrainSettings } from '#shared/stages/pretrain.ts'
import type { StageResult } from '#shared/worker-protocol.ts'
import { createEpochSampler } from '../batches.ts'
import { encodeCheckpoint } from '../checkpoint.ts'
import { givePackagedWeights } from '../encoders/packaged-weights.ts'
import type { ImageSource } from '../image-source.ts'
import { namedTensors, restoreParameters } from '../networks.ts'
import { type RunContext, runFiles } from '../run-context.ts'
import type { TrainingStage } from '../stage.ts'
import { forgetCheckpoints, train } from '../train-loop.ts'

type MocoFeeds = {
  images: tf.Tensor4D
  queryView: MocoView<DrawnValues>
  keyView: MocoView<DrawnValues>
  /** `[batch]` order in which the key encoder takes the images, and each image's place in it. */
  order: tf.Tensor1D
  places: tf.Tensor1D
  rates: DrawnValues
}

export type MocoStage = TrainingStage<MocoFeeds> &
  Readonly<{
    backbone: Backbone
    /** Gives both encoders other first weights. */
    startFrom(give: (backbone: readonly Parameter[]) => void): void
  }>

/** A group of the key batch has at least this many images, so that its statistics mean something. */
const smallestKeyGroup = 8

/**
 * MoCo v2: a query encoder learns to find, among the keys of many other images, the key of another view of the same image.
 *
 * Differs from the paper: where MoCo shuffles the batch over several devices, the key encoder here takes its shuffled batch in
 * groups, each normalised by its own statistics. The query's batch statistics then say nothing about which key is its own.
 *
 * @source He et al. 2020, "Momentum Contrast", Algorithm 1 and section 3.3; Chen et al. 2020, "MoCo v2".
 */
export function createMocoStage(source: ImageSource, settings: PretrainSettings, seed: number): MocoStage {
  const batchSize = Math.min(settings.batchSize, source.count)
  const sampler = createEpochSampler(source.count, batchSize, seed, 'pretrain-order')
  const network = { name: settings.backbone, widthFactor: settings.widthFactor, seed: deriveSeed(seed, 'pretrain-backbone') }
  const backbone = createBackbone(network)
  const keyBackbone = createBackbone(network)
  const headSeed = deriveSeed(seed, 'pretrain-head')
  const head = createProjectionHead(backbone.featureCount, settings.projectionSize, headSeed)
  const keyHead = createProjectionHead(backbone.featureCount, settings.projectionSize, headSeed)
  const queue = createKeyQueue(Math.max(settings.queueSize, batchSize), settings.projectionSize, deriveSeed(seed, 'pretrain-queue'))
  const query = [...backbone.parameters, ...head.parameters]
  const key = [...keyBackbone.parameters, ...keyHead.parameters]
  copyParameters(key, query)
  const optimizer = createSgd(query, {
    momentum: settings.momentum,
    nesterov: false,
    weightDecay: settings.weightDecay,
    decays: () => true,
  })
  const groupCount = keyGroupCount(batchSize, settings.keyGroups)

  const drawView = (name: string, step: number): MocoView =>
    drawMocoView(createRandom(deriveSeed(seed, 'pretrain-view', name, step)), batchSize, source.side, settings)

  /** `[batch, projectionSize]` keys in the order of the images. */
  const encodeKeys = (images: tf.Tensor4D, order: tf.Tensor1D, places: tf.Tensor1D): tf.Tensor2D => {
    const groups = tf.split(gatherRows(images, order), groupCount) as tf.Tensor4D[]
    const keys = groups.map((group) => keyHead.apply(keyBackbone.features(group, 'alone')))
    return gatherRows(tf.concat(keys, 0), places)
  }

  const program = createStepProgram(settings.precision)
  /** Algorithm 1, one iteration. */
  const takeStep = program.compile(({ images, queryView, keyView, order, places, rates }: MocoFeeds) => {
    followWithMomentum(key, query, settings.keyMomentum)
    const keys = encodeKeys(applyMocoView(images, keyView), order, places)
    const queries = applyMocoView(images, queryView)
    const results = minimize(optimizer, rates, () =>
      infoNce(head.apply(backbone.features(queries, 'batch')), keys, queue.keys, settings.temperature),
    )
    queue.enqueue(keys)
    return results
  })

  const learningRate = (step: number): number =>
    settings.learningRate *
    linearWarmup(step, settings.warmupSteps) *
    (settings.cosineSchedule ? cosineByEpoch(step, sampler.stepsPerEpoch, settings.epochs) : 1)

  return {
    backbone,
    startFrom(give) {
      give(backbone.parameters)
      copyParameters(key, query)
    },
    totalSteps: settings.epochs * sampler.stepsPerEpoch,
    imagesPerStep: batchSize,
    learningRate,
    async feeds(step) {
      const order = createRandom(deriveSeed(seed, 'pretrain-shuffle', step)).shuffled(batchSize)
      const places = new Int32Array(batchSize)
      for (let place = 0; place < batchSize; place++) places[order[place]] = place
      return {
        images: source.images(sampler.indices(step)),
        queryView: drawView('query', step),
        keyView: drawView('key', step),
        order: tf.tensor1d(order, 'int32'),
        places: tf.tensor1d(places, 'int32'),
        rates: optimizer.rates(learningRate(step), step),
      }
    },
    takeStep,
    state() {
      program.readVariables()
      return {
        tensors: {
          ...namedTensors(query),
          ...namedTensors(key, 'key.'),
          ...namedTensors(optimizer.slots),
          queue: queue.keys,
        },
        notes: {},
      }
    },
    restore({ tensors }) {
      restoreParameters(query, tensors)
      restoreParameters(key, tensors, 'key.')
      restoreParameters(optimizer.slots, tensors)
      restoreParameters([queue.parameter], tensors)
    },
    dispose() {
      for (const part of [program, backbone, keyBackbone, head, keyHead, queue, optimizer]) part.dispose()
    },
  }
}

/** As many equal groups as asked for, or fewer where the batch does not divide or a group would be too small. */
function keyGroupCount(batchSize: number, wanted: number): number {
  for (let count = Math.min(wanted, Math.floor(batchSize / smallestKeyGroup)); count > 1; count--) if (batchSize % count === 0) return count
  return 1
}

/**
 * Stage 1: learns a backbone from the images of the run alone; nothing where only features of other encoders are clustered.
 *
 * @throws TOO_FEW_IMAGES for fewer than two images, IMAGES_IDENTICAL when all are the same.
 */
export async function pretrain({ task, source, host }: RunContext): Promise<StageResult> {
  const settings = task.recipe.pretrain
  if (source.count < 2)
    throw new SpicerackError('TOO_FEW_IMAGES', say('tooFewImages', { count: source.count }), {
      advice: say('addAndImport'),
    })
  await refuseIdenticalImages(source)
  if (settings.source === 'packaged' || settings.source === 'onnx') return { stage: 'pretrain', weightsFile: null, finalLoss: null }
  let finalLoss = Number.NaN
  const listening = {
    ...host,
    metrics: (step: number, values: Readonly<Record<string, number>>) => {
      finalLoss = values.loss
      host.metrics(step, values)
    },
  }
  const done = host.files.size(runFiles.pretrained) !== undefined
  if (!done) {
    const stage = createMocoStage(source, settings, task.seed)
    try {
      if (settings.start === 'packaged')
        stage.startFrom((parameters) =>
          givePackagedWeights(parameters, { name: settings.backbone, widthFactor: settings.widthFactor }, host.models),
        )
      await train(stage, { name: 'pretrain', checkpointMinutes: settings.checkpointMinutes }, listening)
      host.files.write(
        runFiles.pretrained,
        await encodeCheckpoint({ tensors: namedTensors(stage.backbone.parameters), notes: {} }, stage.totalSteps),
      )
    } finally {
      stage.dispose()
    }
  }
  forgetCheckpoints('pretrain', host)
  return { stage: 'pretrain', weightsFile: runFiles.pretrained, finalLoss }
}

async function refuseIdenticalImages(source: ImageSource): Promise<void> {
  const pixelsOf = (index: number): Promise<Float32Array> => computeValues(() => source.images([index]))
  const first = await pixelsOf(0)
  let differs = false
  for (let index = 1; index < source.count && !differs; index++)
    differs = (await pixelsOf(index)).some((value, place) => value !== first[place])
  if (!differs)
    throw new SpicerackError('IMAGES_IDENTICAL', say('identicalImages', { images: source.count }), {
      advice: say('importDifferent'),
    })
}
