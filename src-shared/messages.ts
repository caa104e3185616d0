import { problemMessages } from './problem-messages.ts'
import { rareMessages } from './rare-messages.ts'

/**
 * What the engine says to a person, in English; pages word the same keys in their language. `{name}` is a value; of two forms with `|`
 * between them the first is for a `count` of one.
 */
export const messages = {
  // What is being done.
  embedding: 'embedding',
  neighbours: 'neighbours',
  weakViews: 'weak views {place} of {total}',
  strongViews: 'strong views {place} of {total}',
  scoring: 'scoring all images',
  encoding: 'features: {encoder}, {view}',
  comparingFeatures: 'comparing features: {place} of {total}',
  graphClusters: 'clusters of the graph of neighbours',
  lookingForFiles: 'Looking for files',
  lookingForDuplicates: 'Looking for duplicates',
  comparingFiles: 'Comparing files',
  readingImages: 'Reading images',
  writingDataset: 'Writing the dataset',

  // What happened in a run.
  goesOn: '{stage}: goes on from step {step} of {total}',
  checkpointBefore: '{stage}: the newest checkpoint is damaged, the one before it is used',
  encoderUsed: 'Features: {encoder} ({features}, at {side} px)',
  featuresTogether:
    'Packaged and learned features are used together: they agree (modularity {both} together, {packaged} packaged, {learned} learned).',
  featuresPackaged:
    'Only the packaged features are used: the learned ones see other groups (modularity {both} together, {packaged} packaged, {learned} learned).',
  precision: 'Precision: {precision}. In the self-test bfloat16 is {gain} times as fast, its losses within {percent} %.',
  mirrorUsed: 'Mirror images are used: {percent} % of the mirror images are farther from the other images than the image itself.',
  mirrorUnused:
    'Mirror images are not used: {percent} % of the mirror images are farther from the other images than the image itself, so they show something else.',
  graphClustersStay: 'Modularity of the best head {head}, of the clusters it started from {graph}: these stay.',
  headTaken: 'Modularity of the best head {head}, of the clusters it started from {graph}: the head is taken.',
  classifierLeft: 'The classifier divides the graph of neighbours less clearly than the clusters that taught it: these stay.',

  // What to look at after a run; `clusters` are numbers from 1.
  clustersEmpty:
    'One of {total} clusters is empty: choose fewer clusters, or the standard recipe. | {count} of {total} clusters are empty: choose fewer clusters, or the standard recipe.',
  clusterLost:
    'The classifier did not recognise cluster {cluster} any more; it keeps its reliable images. It may be part of another cluster.',
  reliableNone:
    'No reliable sample is left: cluster {clusters} had none above the thresholds, and every cluster keeps as many as the poorest. Lower the thresholds, use fewer clusters, or use the quantile rule. | No reliable sample is left: each of the clusters {clusters} had none above the thresholds, and every cluster keeps as many as the poorest. Lower the thresholds, use fewer clusters, or use the quantile rule.',
  reliableEmpty:
    'Empty: cluster {clusters} has no image. There may be fewer kinds of images than {total}: try fewer clusters. | Empty: each of the clusters {clusters} has no image. There may be fewer kinds of images than {total}: try fewer clusters.',
  reliableThin:
    'Thin: cluster {clusters} kept fewer than {least} reliable samples. Look at it before you trust it, add images of that kind, or use fewer clusters. | Thin: each of the clusters {clusters} kept fewer than {least} reliable samples. Look at them before you trust them, add images of their kinds, or use fewer clusters.',

  // Why a number of clusters is suggested; agreements of 0-1.
  suggestedDistinct:
    'These clusters are about as distinct and as repeatable as any finer ones: halves of the images agree at {agreement} of 1, where images without clusters would at {chance}.',
  suggestedNone: 'No number of clusters stands out in these images; this is a place to start, to be judged by eye.',
  suggestedFewer:
    'Fewer and broader clusters: halves agree at {agreement} of 1, where images without clusters would at {chance}. Quick to look through.',
  suggestedMore:
    'More and finer clusters: halves agree at {agreement} of 1, where images without clusters would at {chance}. Merging later is easier than splitting.',
  suggestedAlike: 'All images look the same, so that no number of clusters is better than another.',
  suggestedSmallest: 'Too few different images to compare numbers of clusters: this is the smallest.',

  // What to know of a dataset before it is written.
  sideWithoutClass: '{side} has no image of {classes}; loaders that number classes by folder will number {side} differently.',
  yoloWithoutVal: 'Without a validation side YOLO cannot measure while it trains; divide the dataset.',
  yoloUnlisted: 'YOLO does not list {files} of the files, because of their extension.',
  folderUnlisted: "torchvision's ImageFolder does not list {files} of the files, because of their extension.",

  ...problemMessages,
  ...rareMessages,
} as const
