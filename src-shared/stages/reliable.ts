import { choice, integer, real } from '../settings.ts'

const published = 'SPICE, tools/local_consistency.py'
const own = 'Our own, from where the published recipe fails'

/** Stage 4, reliable samples by local consistency. Defaults are the published ones. */
export const reliableSettings = {
  rule: choice('absolute', ['absolute', 'quantile'], {
    source: published,
    help: 'Fixed thresholds, or thresholds by quantile within each cluster, which never leave the set empty.',
  }),
  neighbourCount: integer(100, 2, 10_000, {
    unit: 'images',
    source: published,
    help: 'Nearest images that are asked, the image itself included; clipped to the number of images.',
  }),
  consistencyThreshold: real(0.9, 0, 1, {
    source: `${published}; 0.90 for STL10, 0.99 for CIFAR`,
    help: 'Share of the neighbours that must be in the same cluster.',
  }),
  confidenceThreshold: real(0.99, 0, 1, { source: published, help: 'Smallest probability of the cluster.' }),
  keepRatio: real(0.5, 0.01, 1, { source: own, help: 'With the quantile rule: share of each cluster that is kept.' }),
  balanceQuantile: real(0.75, 0, 1, {
    source: own,
    help: 'With the quantile rule: no cluster keeps more than this quantile of what the clusters would keep.',
  }),
  memoryMegabytes: integer(256, 16, 65_536, { unit: 'MB', source: own, help: 'Memory for similarities while neighbours are sought.' }),
} as const
