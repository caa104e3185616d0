import * as tf from '@tensorflow/tfjs'
import { selectDisjoint } from '#engine/clustering/disjoint-selection.ts'
import { type Embeddings, type MadeRows, rowsOf } from '#engine/clustering/embeddings.ts'
import { headAgreements } from '#engine/clustering/head-agreement.ts'
import { chooseHead, type HeadJudgement, judgeHead } from '#engine/clustering/head-selection.ts'
import { kMeans, repairEmptyClusters } from '#engine/clustering/k-means.ts'
import { likeliest } from '#engine/clustering/likeliest.ts'
import { type PseudoLabels, selectOverlapping } from '#engine/clustering/pseudo-labels.ts'
import { createStepProgram } from '#engine/graph/step-program.ts'
import type { DrawnValues } from '#engine/ml/drawn-values.ts'
import { crossEntropy } from '#engine/ml/losses/cross-entropy.ts'
import { doubleSoftmaxCrossEntropy } from '#engine/ml/losses/double-softmax.ts'
import { adamDefaults, createAdam, minimize } from '#engine/ml/optimizers.ts'
import { createParallelHeads } from '#engine/ml/parallel-heads.ts'
import type { Parameter } from '#engine/ml/parameters.ts'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { SelfSettings } from '#shared/stages/self.ts'
import type { HeadScore } from '#shared/worker-protocol.ts'
import { countClusters, shareMetrics } from './cluster-shares.ts'
import { scoreHead } from './head-scores.ts'
import { namedTensors, restoreParameters } from './networks.ts'
import type { RunHost } from './run-context.ts'
import type { SelfViews } from './self-views.ts'
import type { NamedTensors, TrainingStage } from './stage.ts'

type SelfFeeds = { features: tf.Tensor3D; labels: tf.Tensor2D; rates: DrawnValues }

/** The best head so far, over heads and epochs. */
export type BestHead = Readonly<{ loss: number; head: number; epoch: number; heads: readonly HeadScore[] }>

export type SelfOptions = Readonly<{
  embeddings: Embeddings
  views: SelfViews
  settings: SelfSettings
  clusterCount: number
  seed: number
  /** `[images]` clusters given by a person for these present clusters, or -1; undefined where no person decided anything. */
  targets?: (clusters: Int32Array) => Int32Array
  /** `[images]` clusters from which all heads start; else the settings say how they begin. */
  startClusters?: Int32Array
  host: Pick<RunHost, 'metrics' | 'log'>
}>

export type SelfStage = TrainingStage<SelfFeeds> &
  Readonly<{ best(): { head: BestHead; probabilities: Float32Array; agreements: Float32Array; weights: NamedTensors } }>

/**
 * SPICE-Self: several heads on a frozen backbone teach themselves. Heads score weak views; the most confident images of each
 * cluster make its prototype; images near a prototype get its label; the heads learn these labels on strong views.
 *
 * @throws BAD_CLUSTER_COUNT when a pseudo-label batch has fewer images than there are clusters.
 * @source SPICE, section III-B and tools/train_self_v2.py.
 */
export function createSelfStage(options: SelfOptions): SelfStage {
  const { embeddings, views, settings, clusterCount, seed, host } = options
  const { headCount } = settings
  const imageCount = embeddings.count
  const setSize = Math.min(settings.pseudoBatchSize, imageCount)
  const labelsPerSet = Math.floor(setSize / clusterCount) * clusterCount
  if (labelsPerSet === 0)
    throw new SpicerackError('BAD_CLUSTER_COUNT', say('noPseudoLabels', { images: setSize, clusters: clusterCount }), {
      advice: say('fewerClusters'),
    })
  const batchSize = Math.min(settings.batchSize, labelsPerSet)
  const stepsPerPass = Math.floor(labelsPerSet / batchSize)
  const stepsPerSet = settings.repeats * stepsPerPass
  const setsPerEpoch = Math.max(1, Math.floor(imageCount / setSize))
  const heads = createParallelHeads(headCount, embeddings.dimension, clusterCount, deriveSeed(seed, 'self-heads'))
  const optimizer = createAdam(heads.parameters, adamDefaults)
  const program = createStepProgram()
  const takeStep = program.compile(({ features, labels, rates }: SelfFeeds) =>
    minimize(optimizer, rates, () => {
      const logits = heads.applyEach(features)
      if (settings.loss === 'double-softmax') return { loss: doubleSoftmaxCrossEntropy(logits, labels) }
      return { loss: tf.mean(crossEntropy(logits, labels)) as tf.Scalar }
    }),
  )
  const predict = program.compile(({ features, head }: { features: tf.Tensor2D; head: tf.Tensor1D }) => ({
    probabilities: tf.softmax(heads.applyOne(features, head)),
  }))
  /** One head at a time: the probabilities of all, of many images and clusters, would be most of the memory. */
  const scoreOne = (features: Embeddings | MadeRows, head: number): Promise<Float32Array> =>
    scoreHead((rows) => predict({ features: rows, head: tf.tensor1d([head], 'int32') }).probabilities, features, clusterCount)
  let pairs: readonly Pick<PseudoLabels, 'indices' | 'labels'>[] = []
  let best: BestHead | undefined
  let bestProbabilities: Float32Array = new Float32Array()
  let bestAgreements: Float32Array = new Float32Array()
  let bestWeights: Record<string, tf.Tensor> = {}

  const selectionOf = (points: Embeddings, probabilities: Float32Array) => ({
    embeddings: points,
    probabilities: [probabilities],
    clusterCount,
    centerRatio: settings.centerRatio,
  })

  /** Pseudo-labels of one set of images by one head; `plain` are the features of all images, where a person decided anything. */
  const select = async (
    head: number,
    images: Int32Array,
    weak: Embeddings,
    plain: Embeddings | MadeRows | undefined,
  ): Promise<PseudoLabels> => {
    const given = selectionOf(rowsOf(embeddings, images), await scoreOne(weak, head))
    const targets = plain && options.targets?.(likeliest(await scoreOne(plain, head), clusterCount).clusters)
    const input = targets ? { ...given, fixedLabels: Int32Array.from(images, (image) => targets[image]) } : given
    const [selected] =
      settings.selection === 'disjoint'
        ? await selectDisjoint(input, { massSoftness: settings.massSoftness, repairEmpty: settings.repairEmpty })
        : await selectOverlapping(input)
    return selected
  }

  const sharesOf = (clusters: ArrayLike<number>): Record<string, number> => shareMetrics(countClusters(clusters, clusterCount))

  const prepareSet = async (set: number): Promise<void> => {
    const images = createRandom(deriveSeed(seed, 'self-set', set))
      .shuffled(imageCount)
      .subarray(0, setSize)
    if (set === 0 && settings.start !== 'random') {
      pairs = await warmStart(options, images)
      host.metrics(0, sharesOf(pairs[0].labels))
      return
    }
    const weak = await views.weak(images, set)
    const plain = options.targets ? await views.plain() : undefined
    const chosen: Pick<PseudoLabels, 'indices' | 'labels'>[] = []
    for (let head = 0; head < headCount; head++) {
      const { indices, labels } = await select(head, images, weak, plain)
      chosen.push({ indices: indices.map((place) => images[place]), labels })
    }
    pairs = chosen
    // Between the ends of epochs, of a large set; a point of the step to come, since that before is told already.
    if (set % setsPerEpoch > 0)
      host.metrics(set * stepsPerSet + 1, sharesOf(likeliest(await scoreOne(weak, best?.head ?? 0), clusterCount).clusters))
  }

  const evaluate = async (epoch: number, step: number): Promise<void> => {
    const plain = await views.plain()
    const judgements: HeadJudgement[] = []
    for (let head = 0; head < headCount; head++) judgements.push(await judgeHead(selectionOf(embeddings, await scoreOne(plain, head))))
    const choice = chooseHead(judgements, clusterCount, settings.headChoice)
    const score = choice.heads[choice.best]
    const shares = sharesOf(judgements[choice.best].clusters)
    host.metrics(step, { headLoss: score.loss, emptyClusters: score.emptyClusters, headAgreement: score.agreement, ...shares })
    if (best && score.loss >= best.loss) return
    best = { loss: score.loss, head: choice.best, epoch, heads: choice.heads }
    bestProbabilities = await scoreOne(plain, choice.best)
    bestAgreements = headAgreements(
      judgements.map(({ clusters }) => clusters),
      choice.best,
      clusterCount,
    )
    tf.dispose(bestWeights)
    program.readVariables()
    bestWeights = headWeights(heads.parameters, choice.best)
  }

  return {
    totalSteps: settings.epochs * setsPerEpoch * stepsPerSet,
    imagesPerStep: headCount * batchSize,
    learningRate: () => settings.learningRate,
    async feeds(step) {
      const set = Math.floor(step / stepsPerSet)
      const stepOfSet = step % stepsPerSet
      if (stepOfSet === 0) await prepareSet(set)
      const pass = Math.floor(stepOfSet / stepsPerPass)
      const images = new Int32Array(headCount * batchSize)
      const labels = new Int32Array(headCount * batchSize)
      for (let head = 0; head < headCount; head++) {
        const { indices, labels: pairLabels } = pairs[head]
        const order = createRandom(deriveSeed(seed, 'self-pairs', set, pass, head)).shuffled(indices.length)
        for (let place = 0; place < batchSize; place++) {
          const pair = order[((stepOfSet % stepsPerPass) * batchSize + place) % order.length]
          images[head * batchSize + place] = indices[pair]
          labels[head * batchSize + place] = pairLabels[pair]
        }
      }
      return {
        features: views.strong(images, headCount, step),
        labels: tf.tensor2d(labels, [headCount, batchSize], 'int32'),
        rates: optimizer.rates(settings.learningRate, step),
      }
    },
    takeStep,
    async afterStep(step) {
      const stepsPerEpoch = setsPerEpoch * stepsPerSet
      if ((step + 1) % stepsPerEpoch === 0) await evaluate((step + 1) / stepsPerEpoch - 1, step + 1)
    },
    state() {
      program.readVariables()
      return {
        tensors: {
          ...namedTensors(heads.parameters),
          ...namedTensors(optimizer.slots),
          ...Object.fromEntries(
            pairs.flatMap(({ indices, labels }, head) => [
              [`pairs.${head}.indices`, tf.tensor1d(indices, 'int32')],
              [`pairs.${head}.labels`, tf.tensor1d(labels, 'int32')],
            ]),
          ),
          ...bestWeights,
          bestProbabilities: tf.tensor1d(bestProbabilities),
          bestAgreements: tf.tensor1d(bestAgreements),
        },
        notes: { best, headCount: pairs.length },
      }
    },
    restore({ tensors, notes }) {
      restoreParameters(heads.parameters, tensors)
      restoreParameters(optimizer.slots, tensors)
      pairs = Array.from({ length: notes.headCount as number }, (_, head) => ({
        indices: tensors[`pairs.${head}.indices`].dataSync() as Int32Array,
        labels: tensors[`pairs.${head}.labels`].dataSync() as Int32Array,
      }))
      best = notes.best as BestHead | undefined
      bestProbabilities = (tensors.bestProbabilities.dataSync() as Float32Array).slice()
      // A checkpoint of before knows of none.
      bestAgreements = ((tensors.bestAgreements?.dataSync() ?? new Float32Array()) as Float32Array).slice()
      tf.dispose(bestWeights)
      bestWeights = Object.fromEntries(
        Object.entries(tensors)
          .filter(([name]) => name.startsWith('head.'))
          .map(([name, tensor]) => [name, tf.clone(tensor)]),
      )
    },
    dispose() {
      program.dispose()
      heads.dispose()
      optimizer.dispose()
      tf.dispose(bestWeights)
    },
    best() {
      if (!best) throw new SpicerackError('INTERNAL', 'No head was ever scored.')
      return { head: best, probabilities: bestProbabilities, agreements: bestAgreements, weights: bestWeights }
    },
  }
}

/** First pseudo-labels: the given clusters, or spherical k-means on the embedding, the best of many restarts for the first head. */
async function warmStart(
  { embeddings, settings, clusterCount, seed, targets, startClusters }: SelfOptions,
  images: Int32Array,
): Promise<Pick<PseudoLabels, 'indices' | 'labels'>[]> {
  if (startClusters) {
    const labels = Int32Array.from(images, (image) => startClusters[image])
    return Array.from({ length: settings.headCount }, () => ({ indices: images, labels }))
  }
  const results: Pick<PseudoLabels, 'indices' | 'labels'>[] = []
  for (let head = 0; head < settings.headCount; head++) {
    const restarts = head === 0 ? settings.kMeansRestarts : Math.ceil(settings.kMeansRestarts / settings.headCount)
    const { clusters } = await kMeans(embeddings, {
      clusterCount,
      metric: 'cosine',
      restarts,
      iterations: 50,
      seed: deriveSeed(seed, 'self-k-means', head),
    })
    repairEmptyClusters(embeddings, clusters, clusterCount)
    const wanted = targets?.(clusters)
    results.push({
      indices: images,
      labels: Int32Array.from(images, (image) => (wanted && wanted[image] >= 0 ? wanted[image] : clusters[image])),
    })
  }
  return results
}

/** The weights of one of the parallel heads, under the names that a single classification head gives them. Caller disposes. */
function headWeights(parameters: readonly Parameter[], head: number): Record<string, tf.Tensor> {
  return Object.fromEntries(
    parameters.map(({ name, variable }) => [
      `head.${name}`,
      tf.tidy(() => {
        const own = tf.squeeze(tf.slice(variable, head, 1), [0])
        return name.endsWith('.bias') ? tf.reshape(own, [-1]) : own
      }),
    ]),
  )
}
