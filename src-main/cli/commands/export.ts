import { resolve } from 'node:path'
import type { Session } from '../session.ts'

export type ExportFlags = Readonly<{
  format: 'imagefolder' | 'csv' | 'jsonl' | 'npy'
  out: string
  transfer: 'copy' | 'hardlink' | 'symlink'
  split?: boolean
  seed: number
  minConfidence: number
  onlyReliable?: boolean
  bom?: boolean
  classesOnly?: boolean
}>

/** Writes a dataset and says what is in it. */
export async function exportProject({ client, output, follow }: Session, flags: ExportFlags): Promise<void> {
  const { format, transfer, seed, minConfidence, onlyReliable = false, bom = false, classesOnly = false } = flags
  const out = resolve(flags.out)
  const split = flags.split ? { train: 0.8, val: 0.1, test: 0.1 } : null
  const request = { format, out, transfer, seed, minConfidence, onlyReliable, bom, split, clustersAsClasses: !classesOnly }
  const plan = await client.exports.plan(request)
  for (const warning of plan.warnings) output.say(`Note: ${warning}`)
  await follow(await client.exports.start(request))
  output.result(
    'exported',
    { out, count: plan.count, sizeBytes: plan.sizeBytes },
    `${plan.count} images in ${plan.classes.length} classes: ${out}`,
  )
}
