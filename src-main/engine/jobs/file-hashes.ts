import { join } from 'node:path'
import { hashFile } from '#engine/images/ordinary-file.ts'
import type { HashOf } from '#engine/images/relocate.ts'
import type { FoundFile } from '#engine/images/scan-folder.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { JobContext } from './job-queue.ts'

/** Hashes files below this folder, each read once, for a job: tells how far it is. @throws CANCELLED when the job shall stop. */
export function createFileHashes(rootPath: string, { signal, report }: Pick<JobContext, 'signal' | 'report'>): HashOf {
  const hashes = new Map<FoundFile, string | null>()
  return async (file, { done, total }) => {
    if (signal.aborted) throw new SpicerackError('CANCELLED', say('comparingStopped'))
    report({ done, total, rate: null, secondsLeft: null, stage: null, phase: 'compare', note: say('comparingFiles') })
    const known = hashes.get(file)
    if (known !== undefined) return known
    const hash = await hashFile(join(rootPath, file.relativePath))
    hashes.set(file, typeof hash === 'string' ? hash : null)
    return hashes.get(file) ?? null
  }
}
