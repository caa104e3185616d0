/**
 * The main job on real images: 1,000 pictures of clothes that nobody labelled, to a labelled dataset. The known labels are read
 * at the very end, for the scores alone.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, runInNode24 } from './node-24.mjs'

const samples = join(root, 'resources', 'samples')
const out = join(root, 'demo-output')
rmSync(out, { recursive: true, force: true })
console.log(
  `Clustering the 1,000 images of ${join('resources', 'samples', 'fashion-mnist-1000')}: learning from scratch, a few minutes on two cores.\n`,
)
const code = await runInNode24('src-main/cli/main.ts', [
  'cluster',
  join(samples, 'fashion-mnist-1000'),
  '--out',
  out,
  '--clusters',
  '10',
  '--epochs',
  '24',
  '--seed',
  '1',
  '--set',
  'semi.steps=100',
  '--truth',
  join(samples, 'labels.csv'),
])
if (code === 0) {
  const project = join('demo-output', 'fashion-mnist-1000.spicerack')
  console.log(`\nLook at the contact sheet, or go on:\n  node scripts/spicerack.mjs clusters ${project}\n  npm start -- ${project}`)
}
process.exitCode = code
