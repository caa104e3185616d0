import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whitenFeatures } from '#engine/clustering/whitening.ts'
import { createRandom } from '#engine/ml/random.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { runFiles } from '#engine/training/run-context.ts'
import { openFeatures } from '#engine/training/stages/embed.ts'
import { openRunFolder } from '#engine/worker/run-folder.ts'

// A process that whitens the stored features of a run with that many images, as the stage `self` begins; prints how many bytes an image
// its largest resident memory grew meanwhile.

const count = Number(process.argv[2])
const parts = [320, 448]
const folder = mkdtempSync(join(tmpdir(), 'spicerack-stored-features-'))
try {
  await loadBackend('auto')
  await whiten('few', 500)
  const before = process.resourceUsage().maxRSS
  await whiten('many', count)
  console.log(Math.round(((process.resourceUsage().maxRSS - before) * 1024) / count))
} finally {
  rmSync(folder, { recursive: true })
}

async function whiten(runId: string, images: number): Promise<void> {
  const files = openRunFolder(folder, runId)
  const random = createRandom(1)
  const block = Float32Array.from({ length: 500 * (parts[0]! + parts[1]!) }, () => random.normal())
  for (let image = 0; image < images; image += 500) files.append(runFiles.embedding, new Uint8Array(block.buffer))
  files.write(runFiles.featureNorms, new Uint8Array(new Float32Array(images).fill(28).buffer))
  await whitenFeatures(openFeatures(files), { partDimensions: parts, seed: 1 })
}
