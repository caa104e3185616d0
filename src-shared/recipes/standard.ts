import type { Recipe, RecipeChange, RecipeFacts } from './recipe.ts'

const fewSteps = 'Fewer steps than the published thousands of epochs need a larger step size and a faster key encoder.'
const publishedFails = 'The published rule fails on sets of a user: see the failures listed in the README.'

const pretrainSide = ({ imageSize }: RecipeFacts): number => Math.min(imageSize, 64)

/** Images seen in pretraining: 400,000 in all at 32 px, fewer of larger ones in proportion to their area, within 5 to 800 epochs. */
const pretrainEpochs = (facts: RecipeFacts): number =>
  Math.round(clamp(400_000 / Math.max(1, (pretrainSide(facts) / 32) ** 2) / facts.imageCount, 5, 800))

/** Nothing is gained from small images beyond 128 px; two cores pass about 20 images a second through both encoders at 224 px, and 60 at 128. */
export const encoderSide: RecipeChange = {
  value: ({ imageCount, imageSize }) => (imageSize <= 64 || imageCount > 10_000 ? 128 : imageCount > 5000 ? 160 : 224),
  reason: 'Of the ten nearest photographs 70 % are of the same class at 224 px and 67 % at 128; more images leave less time for each.',
}

export const mirrorWhereAlike: RecipeChange = {
  value: 'auto',
  reason: 'A mirrored photograph is a photograph, a mirrored letter is another sign.',
}

/** A power of two of at most a quarter of the images, from 2 to 128, so that an epoch has several steps. */
const pretrainBatch = ({ imageCount }: RecipeFacts): number => clamp(2 ** Math.floor(Math.log2(Math.max(1, imageCount / 4))), 2, 128)

/** As many keys as half of the images, at most 4096, in whole batches: a queue longer than the set would hold the positives too. */
const queueSize = (facts: RecipeFacts): number => {
  const batch = pretrainBatch(facts)
  return Math.max(batch, Math.floor(Math.min(4096, facts.imageCount / 2) / batch) * batch)
}

/** About 80,000 images of each head, within 2 to 8 epochs. */
const selfEpochs = ({ imageCount }: RecipeFacts): number => Math.round(clamp(20_000 / imageCount, 2, 8))

const semiSteps = ({ imageCount }: RecipeFacts): number => Math.round(clamp(imageCount / 5, 150, 2000))

/** The recipe for a user's folder: hours become minutes, and no cluster and no reliable set is ever empty. */
export const standard: Recipe = {
  name: 'standard',
  changes: {
    pretrain: {
      backbone: { value: 'resnet18-cifar', reason: 'Half the layers of the published 34, so four times as many steps in the same time.' },
      source: { value: 'both', reason: 'What others learned from photographs and what these images teach often complete each other.' },
      mirror: mirrorWhereAlike,
      sidePx: { value: pretrainSide, reason: 'Larger images make every step slower.' },
      widthFactor: { value: 0.25, reason: 'Fits a laptop; more width pays only with more epochs.' },
      epochs: { value: pretrainEpochs, reason: 'About the same number of images seen for every set, so about the same time.' },
      batchSize: { value: pretrainBatch, reason: 'Small sets need several steps in an epoch.' },
      queueSize: { value: queueSize, reason: 'Never more keys than there are images.' },
      learningRate: { value: 0.06, reason: fewSteps },
      keyMomentum: { value: 0.99, reason: fewSteps },
      precision: { value: 'auto', reason: 'Half of the bits are enough for convolutions, and faster where the processor has them.' },
      warmupSteps: { value: 20, reason: 'A larger step size needs a short warm-up.' },
      weightDecay: { value: 0.0005, reason: 'Small sets overfit sooner.' },
    },
    embed: {
      together: { value: 'auto', reason: 'Features that see other groups than the packaged ones would blur what these see.' },
      inputSidePx: encoderSide,
    },
    self: {
      epochs: { value: selfEpochs, reason: 'A warm start needs far fewer steps than a random one; in a large set each pass has many.' },
      start: { value: 'graph', reason: 'On frozen features no head found better clusters than the graph of neighbours holds.' },
      selection: { value: 'disjoint', reason: publishedFails },
      loss: {
        value: 'cross-entropy',
        reason: 'With the double softmax, heads on weak features lose clusters: 3 of 10 where this loses none.',
      },
      repairEmpty: { value: true, reason: publishedFails },
      frozenStatistics: { value: true, reason: 'Frozen means frozen: otherwise the features of the heads drift away from the embedding.' },
      cachedViews: { value: 6, reason: 'The backbone is frozen, so the features of a view can be used again.' },
      headChoice: { value: 'loss-and-agreement', reason: 'A head with an empty cluster can have the lowest loss.' },
      cutoutSize: { value: ({ imageSize }) => (imageSize <= 32 ? 0.5 : 0.34), reason: 'Published: 16 of 32 px, 32 of 96 px.' },
    },
    reliable: {
      rule: { value: 'quantile', reason: publishedFails },
      neighbourCount: {
        value: ({ imageCount, clusterCount }) => Math.round(clamp(imageCount / (5 * clusterCount), 10, 100)),
        reason: 'A neighbourhood larger than a cluster cannot agree.',
      },
    },
    semi: {
      start: {
        value: 'pretrained',
        reason: 'The published code throws away what the earlier stages learned and starts from random weights.',
      },
      backbone: { value: 'resnet18-cifar', reason: 'The pretrained backbone.' },
      widthFactor: { value: 0.25, reason: 'The pretrained backbone.' },
      steps: { value: semiSteps, reason: 'Fine-tuning needs thousands, not a million steps.' },
      batchSize: { value: 32, reason: 'Fits a laptop.' },
      unlabeledRatio: { value: 3, reason: 'Fits a laptop.' },
      threshold: { value: 'adaptive', reason: 'FreeMatch: a fixed 0.95 silences the classes that are learned late.' },
      averageMomentum: {
        value: (facts) => 1 - Math.min(0.1, 20 / semiSteps(facts)),
        reason: 'The average spans a twentieth of the steps.',
      },
    },
  },
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
