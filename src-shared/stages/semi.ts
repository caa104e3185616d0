import { choice, flag, integer, real } from '../settings.ts'
import { backboneChoices } from './pretrain.ts'

const published = 'SPICE, tools/train_semi.py'
const own = 'Our own, from where the published recipe fails'

/** Stage 5, SPICE-Semi: FixMatch with the reliable samples as labelled. Defaults are the published ones. */
export const semiSettings = {
  start: choice('random', ['random', 'pretrained'], {
    source: published,
    help: 'Begin from random weights, or from the pretrained backbone and the chosen head.',
  }),
  learnsFrom: choice('images', ['images', 'features'], {
    source: published,
    help: 'Learn from the images, with the network of the first stage, or from stored features. Without a learned network always the latter.',
  }),
  backbone: choice('wide-resnet-28-2', backboneChoices, {
    source: published,
    help: 'Network of the classifier; with a pretrained start it is the one of the first stage.',
  }),
  widthFactor: real(1, 0.03125, 4, { source: published, help: 'Factor on every channel count.' }),
  steps: integer(1_048_576, 1, 10_000_000, { unit: 'steps', source: published, help: 'Training steps.' }),
  batchSize: integer(64, 1, 8192, { unit: 'images', source: published, help: 'Labelled images in a step.' }),
  unlabeledRatio: integer(7, 1, 64, { source: published, help: 'Unlabelled images for each labelled one in a step.' }),
  unlabeledLossWeight: real(1, 0, 100, { source: published, help: 'Weight of the loss of unlabelled images.' }),
  confidenceThreshold: real(0.95, 0, 1, { source: published, help: 'Probability from which a pseudo-label counts.' }),
  threshold: choice('fixed', ['fixed', 'adaptive'], {
    source: published,
    help: 'One threshold for all, or one for each class that grows with what the model has learned.',
  }),
  learningRate: real(0.03, 0, 10, { source: published, help: 'Step size at the start of the schedule.' }),
  momentum: real(0.9, 0, 1, { source: published, help: 'Nesterov momentum.' }),
  weightDecay: real(0.0005, 0, 1, { source: published, help: 'Pull of the weights towards zero; batch norm is spared.' }),
  averageMomentum: real(0.999, 0, 1, {
    source: published,
    help: 'Share of itself that the moving average of the weights keeps; the average is the result.',
  }),
  strongOperations: integer(3, 0, 14, { unit: 'operations', source: published, help: 'Random operations in a strong view.' }),
  flipProbability: real(0.5, 0, 1, { source: published, help: 'Share of views mirrored left to right.' }),
  cropPadding: integer(4, 0, 64, { unit: 'pixels', source: published, help: 'Padding before the random crop.' }),
  freezeBackbone: flag(false, { source: published, help: 'Train the classification head alone.' }),
  humanLabelWeight: integer(4, 1, 1000, { source: own, help: 'How many times as often an image that a person labelled is drawn.' }),
  featureDropout: real(0.2, 0, 0.9, {
    source: own,
    help: 'Share of the features that a strong view lacks, where features are computed once and stay as they are.',
  }),
  checkpointMinutes: real(2, 0.01, 1440, { unit: 'minutes', source: 'Our own', help: 'Time between checkpoints.' }),
} as const
