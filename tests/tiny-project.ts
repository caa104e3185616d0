import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { createRandom } from '#engine/ml/random.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import type { Job, JobId } from '#shared/entities.ts'
import { isAtRest } from '#shared/jobs.ts'

/** Folder of one kind of image -> its mean colour. */
const kinds = { apples: [200, 40, 40], limes: [40, 200, 60] } as const
export const tinyImageCount = 40

/** A run that takes seconds: one epoch of a network of 32 channels, three steps of the classifier. */
export const tinyRun = {
  clusterCount: 2,
  seed: 7,
  overrides: {
    pretrain: { source: 'moco', precision: 'float32', epochs: 1, widthFactor: 0.0625 },
    self: { epochs: 1, headCount: 2, cachedViews: 1 },
    semi: { steps: 3, batchSize: 4, unlabeledRatio: 1 },
  },
} as const

/** A new folder for one test, with a function that removes it. */
export async function makeTemporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'spicerack-test-'))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) }
}

/** 40 noisy squares of 32 px, or as many as asked for, of two kinds, in `folder/apples` and `folder/limes`. */
export async function makeTinyImages(folder: string, imageCount = tinyImageCount): Promise<void> {
  for (const [kind, colour] of Object.entries(kinds)) {
    await mkdir(join(folder, kind), { recursive: true })
    for (let index = 0; index < imageCount / 2; index++) {
      const random = createRandom(index * 2 + (kind === 'apples' ? 0 : 1))
      const shade = random.uniform() * 40
      const pixels = Uint8Array.from({ length: 32 * 32 * 3 }, (_, byte) => colour[byte % 3]! - shade + random.uniform() * 40)
      await sharp(pixels, { raw: { width: 32, height: 32, channels: 3 } })
        .png()
        .toFile(join(folder, kind, `${kind}-${String(index).padStart(2, '0')}.png`))
    }
  }
}

/** Waits until the job is at rest, by its events; gives it as it is then. */
export async function untilAtRest(client: EngineClient, jobId: JobId): Promise<Job> {
  for await (const _ of await client.jobs.events({ jobId })) {
    // Only the end matters.
  }
  const job = await client.jobs.get({ jobId })
  if (!isAtRest(job.state.kind)) throw new Error(`The job ${jobId} is still ${job.state.kind}.`)
  return job
}
