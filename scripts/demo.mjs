/**
 * The main job on real images that nobody labelled, to a labelled dataset: photographs with features that others trained, or with
 * `--learn` 1,000 pictures of clothes, where everything is learned from those very images. The known labels are read at the very
 * end, for the scores alone.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, runInNode24 } from './node-24.mjs'

const demos = {
  photos: {
    folder: 'photos',
    labels: 'photo-labels.csv',
    does: 'a first answer with packaged encoders, about a minute on two cores',
    options: ['--recipe', 'quick', '--clusters', '6'],
  },
  learn: {
    folder: 'fashion-mnist-1000',
    labels: 'labels.csv',
    does: 'learning from scratch, a few minutes on two cores',
    options: ['--clusters', '10', '--epochs', '24', '--set', 'pretrain.source=moco', 'semi.steps=100'],
  },
}

const samples = join(root, 'resources', 'samples')
const out = join(root, 'demo-output')
const { folder, labels, does, options } = process.argv.includes('--learn') ? demos.learn : demos.photos
rmSync(out, { recursive: true, force: true })
console.log(`Clustering the images of ${join('resources', 'samples', folder)}: ${does}.\n`)
const code = await runInNode24('src-main/cli/main.ts', [
  'cluster',
  join(samples, folder),
  '--out',
  out,
  ...options,
  '--seed',
  '1',
  '--truth',
  join(samples, labels),
])
if (code === 0) {
  const project = join('demo-output', `${folder}.spicerack`)
  console.log(`\nLook at the contact sheet, or go on:\n  node scripts/spicerack.mjs clusters ${project}\n  npm start -- ${project}`)
}
process.exitCode = code
