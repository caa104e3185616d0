import * as tf from '@tensorflow/tfjs'
import { likeliest } from '#engine/clustering/likeliest.ts'
import type { NeighbourGraph } from '#engine/clustering/neighbour-graph.ts'
import type { Feeds } from '#engine/graph/feeds.ts'
import { createStepProgram } from '#engine/graph/step-program.ts'
import { createAdaptiveThreshold } from '#engine/ml/adaptive-threshold.ts'
import type { DrawnValues } from '#engine/ml/drawn-values.ts'
import { labeledLoss, unlabeledLoss } from '#engine/ml/losses/fixmatch.ts'
import { copyParameters, copyStatistics, followWithMomentum } from '#engine/ml/momentum-encoder.ts'
import { createSgd, minimize } from '#engine/ml/optimizers.ts'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import { fixmatchCosine } from '#engine/ml/schedules.ts'
import { SpicerackError } from '#shared/errors.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import { type Message, say } from '#shared/said.ts'
import type { StageResult } from '#shared/worker-protocol.ts'
import { decodeCheckpoint, encodeCheckpoint } from '../checkpoint.ts'
import type { Classifier } from '../classifier.ts'
import { createShareReports } from '../cluster-shares.ts'
import { loadHeadViews } from '../encoders/head-views.ts'
import { loadLearnedBackbone } from '../encoders/learned-backbone.ts'
import { classifiesImages, encoderNames, usesFixedFeatures } from '../encoders/open-encoders.ts'
import { partDimensionsOf } from '../encoders/view-features.ts'
import { compareOnGraph, makeGraph, storedGraph } from '../graph-start.ts'
import { hasHumanDecisions, humanTargets, shareOfKnownClasses } from '../human-decisions.ts'
import { namedTensors, restoreParameters } from '../networks.ts'
import { noteChoice, readChoices } from '../run-choices.ts'
import { type RunContext, type RunFiles, type RunHost, runFiles } from '../run-context.ts'
import { featureInputs, imageInputs, type SemiInputs } from '../semi-inputs.ts'
import type { TrainingStage } from '../stage.ts'
import { forgetCheckpoints, train } from '../train-loop.ts'
import { openFeatures } from './embed.ts'
import { readReliableResult } from './reliable.ts'
import { readSelfResult } from './self.ts'

type FixMatchFeeds = { batch: Feeds; labels: tf.Tensor1D; rates: DrawnValues }

type FixMatchStage = TrainingStage<FixMatchFeeds> & Readonly<{ classifier: Classifier; average: Classifier }>

/** Labelled images, each as often as it shall be drawn; `images` and `labels` are `[samples]`. */
type LabeledSamples = Readonly<{ images: Int32Array; labels: Int32Array }>

/** Share of themselves that FreeMatch's running means keep; over few steps less than the paper's 0.999. */
const thresholdMomentum = (steps: number): number => Math.min(0.999, 1 - 10 / Math.max(20, steps))

/**
 * FixMatch: what the classifier is sure of on a weak view, it shall also say of a strong view; labelled images keep it honest.
 * The moving average of the weights is the result.
 *
 * @source Sohn et al. 2020, "FixMatch", Algorithm 1; SPICE, tools/train_semi.py.
 */
export function createFixMatchStage(
  inputs: SemiInputs,
  samples: LabeledSamples,
  recipe: ResolvedRecipe,
  classCount: number,
  seed: number,
  host: Pick<RunHost, 'metrics'>,
): FixMatchStage {
  const settings = recipe.semi
  const classifier = inputs.createClassifier()
  const average = inputs.createClassifier()
  const trained = settings.freezeBackbone ? classifier.headParameters : classifier.parameters
  const optimizer = createSgd(trained, {
    momentum: settings.momentum,
    nesterov: true,
    weightDecay: settings.weightDecay,
    decays: ({ kind }) => kind === 'weight' || kind === 'bias',
  })
  const adaptive = createAdaptiveThreshold(classCount, thresholdMomentum(settings.steps), settings.confidenceThreshold)
  const labeledCount = settings.batchSize
  const unlabeledCount = settings.batchSize * settings.unlabeledRatio
  const mode = settings.freezeBackbone ? 'running' : 'batch'
  const program = createStepProgram(recipe.pretrain.precision)
  /** Algorithm 1, one iteration, and the moving average after it. */
  const takeStep = program.compile(({ batch, labels, rates }: FixMatchFeeds) => {
    const { labeled, weak, strong } = inputs.views(batch)
    const thresholds = settings.threshold === 'adaptive' ? adaptive.thresholds() : tf.fill([classCount], settings.confidenceThreshold)
    const { weakProbabilities, ...results } = minimize(optimizer, rates, () => {
      const logits = classifier.logits(tf.concat([labeled, weak, strong], 0), mode)
      const [labeledLogits, weakLogits, strongLogits] = tf.split(logits, [labeledCount, unlabeledCount, unlabeledCount]) as [
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
      ]
      const supervised = labeledLoss(labeledLogits, labels)
      const { loss: unsupervised, maskRate, pseudoLabels } = unlabeledLoss(weakLogits, strongLogits, thresholds as tf.Tensor1D)
      return {
        loss: tf.add(supervised, tf.mul(unsupervised, settings.unlabeledLossWeight)) as tf.Scalar,
        labeledLoss: supervised,
        unlabeledLoss: unsupervised,
        maskRate,
        pseudoLabels,
        weakProbabilities: tf.softmax(weakLogits),
      }
    })
    followWithMomentum(average.parameters, classifier.parameters, settings.averageMomentum)
    copyStatistics(average.parameters, classifier.parameters)
    adaptive.update(weakProbabilities)
    return results
  })

  const shares = createShareReports(classCount, settings.steps, 50, host)
  const learningRate = (step: number): number => settings.learningRate * fixmatchCosine(step, settings.steps)
  return {
    classifier,
    average,
    totalSteps: settings.steps,
    imagesPerStep: labeledCount + unlabeledCount,
    learningRate,
    async feeds(step) {
      const random = createRandom(deriveSeed(seed, 'semi-batch', step))
      const drawn = Int32Array.from({ length: labeledCount }, () => random.integer(samples.images.length))
      const unlabeled = Int32Array.from({ length: unlabeledCount }, () => random.integer(inputs.count))
      return {
        batch: inputs.feeds(
          drawn.map((sample) => samples.images[sample]),
          unlabeled,
          random,
        ),
        labels: tf.tensor1d(
          drawn.map((sample) => samples.labels[sample]),
          'int32',
        ),
        rates: optimizer.rates(learningRate(step), step),
      }
    },
    takeStep,
    afterStep: async (step, { pseudoLabels }) => shares.add(step, pseudoLabels),
    state() {
      program.readVariables()
      return {
        tensors: {
          ...namedTensors(classifier.parameters),
          ...namedTensors(average.parameters, 'average.'),
          ...namedTensors(optimizer.slots),
          ...namedTensors(adaptive.parameters),
        },
        notes: { shares: shares.state() },
      }
    },
    restore({ tensors, notes }) {
      shares.restore(notes.shares)
      restoreParameters(classifier.parameters, tensors)
      restoreParameters(average.parameters, tensors, 'average.')
      restoreParameters(optimizer.slots, tensors)
      restoreParameters(adaptive.parameters, tensors)
    },
    dispose() {
      for (const part of [program, classifier, average, optimizer, adaptive]) part.dispose()
    },
  }
}

/**
 * Stage 5: a classifier from the reliable images and from what a person decided, and with it the final cluster and confidence of every
 * image. This is what the model says, also of images that a person put elsewhere.
 *
 * @throws RELIABLE_EMPTY when no image is reliable and no person labelled any.
 */
export async function semi({ task, source, host }: RunContext): Promise<StageResult> {
  const { clusterCount, recipe } = task
  const self = readSelfResult(required(host.files.read(runFiles.self)))
  const found = likeliest(self.probabilities, clusterCount)
  const { reliable } = readReliableResult(required(host.files.read(runFiles.reliable)))
  const targets = hasHumanDecisions(task) ? humanTargets(task, found.clusters) : new Int32Array(source.count).fill(-1)
  if (host.files.size(runFiles.semi) === undefined) {
    const samples = labeledSamples(reliable, found.clusters, targets, recipe.semi.humanLabelWeight)
    if (samples.images.length === 0)
      throw new SpicerackError('RELIABLE_EMPTY', say('nothingReliable'), {
        advice: say('lowerThresholds'),
      })
    const inputs = classifiesImages(recipe) ? imageInputs(source, recipe, clusterCount, task.seed) : fixedInputs({ task, source, host })
    const stage = createFixMatchStage(inputs, samples, recipe, clusterCount, task.seed, host)
    try {
      if (recipe.semi.start === 'pretrained') startPretrained(stage, { task, source, host })
      copyParameters(stage.average.parameters, stage.classifier.parameters)
      await train(stage, { name: 'semi', checkpointMinutes: recipe.semi.checkpointMinutes }, host)
      const learned = await inputs.classify(stage.average, host)
      const isLearnedKept = await isToBeKept(learned, self.probabilities, { task, source, host })
      // New images shall be told what the present ones are: where they keep what the head of stage 3 said, by that head, if it fits.
      const isHeadKept = !isLearnedKept && startsFromHead(recipe) && isHeadResult(host.files)
      if (isHeadKept) giveBestHead(stage.average, host.files)
      const probabilities = isLearnedKept ? learned : self.probabilities
      const tensors = { ...namedTensors(stage.average.parameters), probabilities: tf.tensor2d(probabilities, [source.count, clusterCount]) }
      host.files.write(runFiles.semi, await encodeCheckpoint({ tensors, notes: { isKept: isLearnedKept || isHeadKept } }, stage.totalSteps))
      tensors.probabilities.dispose()
    } finally {
      stage.dispose()
    }
  }
  forgetCheckpoints('semi', host)
  const { tensors } = decodeCheckpoint(required(host.files.read(runFiles.semi)))
  const probabilities = tensors.probabilities.dataSync() as Float32Array
  tf.dispose(tensors as Record<string, tf.Tensor>)
  const clustering = likeliest(probabilities, clusterCount)
  const advice = recipe.self.repairEmpty
    ? keepReliableOfLostClusters(clustering, probabilities, found.clusters, reliable, targets, clusterCount)
    : []
  return { stage: 'semi', clustering: { clusterCount, ...clustering }, weightsFile: runFiles.semi, advice }
}

/** Share of the modularity that a classifier which learned from the images may lose: it saw in them what the features do not hold. */
const leewayOfImages = 0.02

/**
 * Whether the classifier's word is the result. Where the features stay as they are it must divide their graph as clearly as what taught
 * it; a classifier of these features alone, which can have learned nothing new, without any leeway.
 */
async function isToBeKept(learned: Float32Array, before: Float32Array, { task, host }: RunContext): Promise<boolean> {
  const { recipe, clusterCount } = task
  if (recipe.self.start !== 'graph' || !usesFixedFeatures(recipe)) {
    noteChoice(host.files, { kind: 'classifier', isKept: true, compared: null })
    return true
  }
  const graph = storedGraph(host.files) ?? (await remakeGraph({ task, host }))
  const [after, earlier] = [learned, before].map((probabilities) => likeliest(probabilities, clusterCount).clusters)
  const leeway = classifiesImages(recipe) ? leewayOfImages : 0
  const agreement = (clusters: Int32Array): number => shareOfKnownClasses(task, clusters)
  const { isWorse, ...compared } = compareOnGraph(graph, after, earlier, { clusterCount, leeway, agreement })
  noteChoice(host.files, { kind: 'classifier', isKept: !isWorse, compared })
  if (isWorse) host.log(say('classifierLeft'))
  return !isWorse
}

function remakeGraph({ task, host }: Pick<RunContext, 'task' | 'host'>): Promise<NeighbourGraph> {
  const features = openFeatures(host.files)
  return makeGraph(features, partDimensionsOf(encoderNames(task.recipe), host.files, features.count), task)
}

/** The reliable images with their clusters as labels, and the images a person decided on `humanWeight` times. */
function labeledSamples(reliable: Uint8Array, clusters: Int32Array, targets: Int32Array, humanWeight: number): LabeledSamples {
  const images: number[] = []
  const labels: number[] = []
  for (let image = 0; image < clusters.length; image++) {
    const copies = targets[image] >= 0 ? humanWeight : reliable[image]
    for (let copy = 0; copy < copies; copy++) {
      images.push(image)
      labels.push(targets[image] >= 0 ? targets[image] : clusters[image])
    }
  }
  return { images: Int32Array.from(images), labels: Int32Array.from(labels) }
}

function fixedInputs({ task, host }: RunContext): SemiInputs {
  const features = openFeatures(host.files)
  const views = loadHeadViews(task.recipe, host.files, features.count)
  return featureInputs(views, features, task.recipe, task.clusterCount, task.seed)
}

/** Gives the classifier the pretrained backbone, where it has one, and the best head of SPICE-Self, where that is a head on it. */
function startPretrained({ classifier }: FixMatchStage, { task, host }: RunContext): void {
  if (classifier.backboneParameters.length > 0) {
    const pretrained = loadLearnedBackbone(task.recipe, host.files)
    copyParameters(classifier.backboneParameters, pretrained.parameters)
    pretrained.dispose()
  }
  if (startsFromHead(task.recipe)) giveBestHead(classifier, host.files)
}

/** Whether the classifier has a head like those of SPICE-Self; the heads of features side by side do not fit one of them. */
function startsFromHead(recipe: ResolvedRecipe): boolean {
  return recipe.semi.start === 'pretrained' && !(classifiesImages(recipe) && usesFixedFeatures(recipe))
}

function giveBestHead({ headParameters }: Classifier, files: RunFiles): void {
  const { tensors } = decodeCheckpoint(required(files.read(runFiles.self)))
  restoreParameters(headParameters, tensors)
  tf.dispose(tensors as Record<string, tf.Tensor>)
}

/** Whether stage 3 kept what its best head says, not the clusters that it started from. */
function isHeadResult(files: RunFiles): boolean {
  return readChoices(files).some((choice) => choice.kind === 'clusters' && choice.kept === 'head')
}

/** A cluster that the classifier lost keeps the reliable images it had, save those that a person decided on. */
function keepReliableOfLostClusters(
  clustering: { clusters: Int32Array; confidences: Float32Array },
  probabilities: Float32Array,
  before: Int32Array,
  reliable: Uint8Array,
  targets: Int32Array,
  clusterCount: number,
): Message[] {
  const present = new Set(clustering.clusters)
  const mayReturn = (image: number): boolean => reliable[image] === 1 && targets[image] < 0
  const lost = new Set(before.filter((cluster, image) => mayReturn(image) && !present.has(cluster)))
  for (const [image, cluster] of before.entries())
    if (mayReturn(image) && lost.has(cluster)) moveTo(clustering, probabilities, image, cluster, clusterCount)
  return [...lost].map((cluster) => say('clusterLost', { cluster: cluster + 1 }))
}

function moveTo(
  clustering: { clusters: Int32Array; confidences: Float32Array },
  probabilities: Float32Array,
  image: number,
  cluster: number,
  clusterCount: number,
): void {
  clustering.clusters[image] = cluster
  clustering.confidences[image] = probabilities[image * clusterCount + cluster]
}

function required(encoded: Uint8Array | undefined): Uint8Array {
  if (!encoded) throw new SpicerackError('NOT_FOUND', say('stageBefore'), { advice: say('resumeRun') })
  return encoded
}
