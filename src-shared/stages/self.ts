import { choice, flag, integer, real, type SettingsOf } from '../settings.ts'

const published = 'SPICE, tools/train_self_v2.py and configs/stl10/spice_self.py'
const own = 'Our own, from where the published recipe fails'

/** Stage 3, SPICE-Self: heads on the frozen backbone, taught by pseudo-labels from prototypes. Defaults are the published ones. */
export const selfSettings = {
  headCount: integer(10, 1, 64, { unit: 'heads', source: published, help: 'Independent classification heads; the best one is kept.' }),
  epochs: integer(100, 1, 10_000, { unit: 'epochs', source: published, help: 'Passes over all images.' }),
  pseudoBatchSize: integer(5000, 2, 1_000_000, {
    unit: 'images',
    source: published,
    help: 'Images from which one set of pseudo-labels is made (M); clipped to the number of images.',
  }),
  scoreBatchSize: integer(100, 1, 8192, { unit: 'images', source: published, help: 'Images scored together.' }),
  batchSize: integer(128, 2, 8192, {
    unit: 'images',
    source: published,
    help: 'Pairs of image and pseudo-label in a step, for each head.',
  }),
  repeats: integer(8, 1, 1000, { unit: 'passes', source: published, help: 'Passes over one set of pseudo-labels.' }),
  centerRatio: real(0.5, 0.01, 1, { source: published, help: 'Share of N/K most confident images that make a prototype.' }),
  learningRate: real(0.005, 0, 10, { source: published, help: 'Step size of Adam.' }),
  strongOperations: integer(4, 0, 14, { unit: 'operations', source: published, help: 'Random operations in a strong view.' }),
  cutoutSize: real(0.34, 0, 1, {
    unit: 'of the side',
    source: 'SPICE: 32 of 96 px',
    help: 'Largest side of the square that is cut out of a strong view.',
  }),
  flipProbability: real(0.5, 0, 1, { source: published, help: 'Share of views mirrored left to right.' }),
  cropPadding: integer(4, 0, 64, { unit: 'pixels', source: published, help: 'Padding before the random crop of a weak view.' }),
  loss: choice('double-softmax', ['double-softmax', 'cross-entropy'], {
    source: published,
    help: 'Loss of a head; the double softmax cannot grow confident in wrong labels.',
  }),
  start: choice('random', ['random', 'k-means', 'graph'], {
    source: published,
    help: 'How heads begin: at random, from k-means on the embedding, or from clusters of the graph of neighbours, which stay where no head divides the graph better.',
  }),
  kMeansRestarts: integer(30, 1, 1000, { unit: 'restarts', source: own, help: 'Restarts of k-means for the warm start.' }),
  selection: choice('overlapping', ['overlapping', 'disjoint'], {
    source: published,
    help: 'Whether an image may support several prototypes at once.',
  }),
  massSoftness: real(0.5, 0, 1, {
    source: own,
    help: 'Prior over cluster sizes: 0 takes the predicted sizes, 1 makes all clusters equal. Only with disjoint selection.',
  }),
  repairEmpty: flag(false, { source: published, help: 'Give an empty cluster half of the largest one.' }),
  frozenStatistics: flag(false, {
    source: published,
    help: 'Keep batch norm of the frozen backbone in inference mode; the published code lets its statistics drift.',
  }),
  cachedViews: integer(0, 0, 64, {
    unit: 'views',
    source: published,
    help: 'Strong views of each image whose features are computed once and used again; 0 makes new ones each step.',
  }),
  headChoice: choice('lowest-loss', ['lowest-loss', 'loss-and-agreement'], {
    source: published,
    help: 'How the best head is chosen, always without labels.',
  }),
  featureDropout: real(0.2, 0, 0.9, {
    source: own,
    help: 'Share of the features that a strong view lacks, where features are computed once and stay as they are.',
  }),
  checkpointMinutes: real(2, 0.01, 1440, { unit: 'minutes', source: 'Our own', help: 'Time between checkpoints.' }),
} as const

export type SelfSettings = SettingsOf<typeof selfSettings>
