import { choice, flag, integer, real, type SettingsOf } from '../settings.ts'

const published = 'SPICE, tools/train_moco.py'
const moco = 'MoCo v2, arXiv 2003.04297'

export const backboneChoices = [
  'clusterresnet',
  'resnet18-cifar',
  'resnet18',
  'resnet34',
  'wide-resnet-28-2',
  'wide-resnet-28-8',
  'wide-resnet-stl',
  'mobilenet-v2',
] as const

/** Stage 1, MoCo v2 on the user's own images. Defaults are the published ones. */
export const pretrainSettings = {
  source: choice('moco', ['moco', 'packaged', 'onnx', 'both'], {
    source: published,
    help: 'Whose features are clustered: learned here from these images, of packaged encoders, of an ONNX file, or learned and packaged together.',
  }),
  start: choice('random', ['random', 'packaged'], {
    source: published,
    help: 'Begin to learn from random weights, or from a packaged encoder (backbone mobilenet-v2, width factor 1 or 1.4).',
  }),
  sidePx: integer(512, 8, 512, {
    unit: 'px',
    source: 'Our own',
    help: 'Side at which images are learned; those that were read larger are reduced to it.',
  }),
  backbone: choice('clusterresnet', backboneChoices, { source: published, help: 'Network that turns an image into features.' }),
  widthFactor: real(1, 0.03125, 4, { source: published, help: 'Factor on every channel count; 0.25 is about ten times faster than 1.' }),
  epochs: integer(1000, 1, 100_000, { unit: 'epochs', source: published, help: 'Passes over all images.' }),
  batchSize: integer(128, 2, 8192, { unit: 'images', source: published, help: 'Images in a step; clipped to the number of images.' }),
  projectionSize: integer(128, 2, 4096, { unit: 'features', source: moco, help: 'Length of a projection, the vector that is compared.' }),
  queueSize: integer(65_536, 2, 1_048_576, { unit: 'keys', source: published, help: 'Negative keys remembered from earlier steps.' }),
  keyMomentum: real(0.999, 0, 1, { source: moco, help: 'Share of itself that the key encoder keeps at each step.' }),
  temperature: real(0.2, 0.001, 10, { source: moco, help: 'Divisor of the similarities; smaller is sharper.' }),
  learningRate: real(0.015, 0, 10, { source: published, help: 'Step size at the start of the cosine schedule.' }),
  momentum: real(0.9, 0, 1, { source: published, help: 'Momentum of gradient descent.' }),
  weightDecay: real(0.0001, 0, 1, { source: published, help: 'Pull of all weights towards zero.' }),
  warmupSteps: integer(0, 0, 1_000_000, { unit: 'steps', source: published, help: 'Steps over which the learning rate rises from zero.' }),
  cosineSchedule: flag(true, { source: published, help: 'Lower the learning rate along half a cosine; otherwise it stays.' }),
  cropScaleMin: real(0.2, 0.01, 1, { source: moco, help: 'Smallest share of the area that a random crop keeps.' }),
  jitterStrength: real(0.4, 0, 1, { source: moco, help: 'Strength of brightness, contrast and saturation jitter.' }),
  hueStrength: real(0.1, 0, 0.5, { unit: 'turns', source: moco, help: 'Greatest shift of the hue.' }),
  jitterProbability: real(0.8, 0, 1, { source: moco, help: 'Share of views whose colours are jittered.' }),
  grayscaleProbability: real(0.2, 0, 1, { source: moco, help: 'Share of views without colour.' }),
  blurProbability: real(0.5, 0, 1, { source: moco, help: 'Share of views that are blurred, sigma 0.1 to 2 pixels.' }),
  mirror: choice('always', ['auto', 'always', 'never'], {
    source: published,
    help: 'Whether mirror images are used, here and in all later stages; auto looks whether they are as likely to be met as the images.',
  }),
  flipProbability: real(0.5, 0, 1, { source: moco, help: 'Share of views mirrored left to right.' }),
  keyGroups: integer(4, 1, 64, {
    unit: 'groups',
    source: 'Our own: the published 4 devices, as ghost batches on one',
    help: 'The key encoder normalises its shuffled batch in this many groups, so that batch statistics cannot give the positive away.',
  }),
  precision: choice('float32', ['auto', 'float32', 'bfloat16'], {
    source: published,
    help: 'Type of the numbers in convolutions, here and in the last stage; auto takes bfloat16 where the processor has it and a test finds it faster.',
  }),
  checkpointMinutes: real(2, 0.01, 1440, { unit: 'minutes', source: 'Our own', help: 'Time between checkpoints.' }),
} as const

export type PretrainSettings = SettingsOf<typeof pretrainSettings>
