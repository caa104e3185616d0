import { resolve } from 'node:path'
import type { ExportFormatName } from '#shared/export-formats.ts'
import type { Session } from '../session.ts'

export type ExportFlags = Readonly<{
  format: ExportFormatName
  out: string
  transfer: 'copy' | 'hardlink' | 'symlink'
  split?: boolean
  seed: number
  minConfidence: number
  onlyReliable?: boolean
  minPurity: number
  skipUnproven?: boolean
  bom?: boolean
  classesOnly?: boolean
  dryRun?: boolean
}>

/** Why images are left out. */
const reasons = {
  unlabelled: 'without a label',
  lowConfidence: 'of too low confidence',
  unreliable: 'not reliable',
  unproven: 'not proved to be pure',
  rejected: 'rejected',
  unusable: 'missing, unreadable or not read yet',
} as const satisfies Record<keyof Awaited<ReturnType<Session['client']['exports']['plan']>>['excluded'], string>

/** Writes a dataset and says what is in it. */
export async function exportProject({ client, output, follow }: Session, flags: ExportFlags): Promise<void> {
  const { format, transfer, seed, minConfidence, minPurity, onlyReliable = false, bom = false, classesOnly = false } = flags
  const out = resolve(flags.out)
  const split = flags.split ? { train: 0.8, val: 0.1, test: 0.1 } : null
  const chosen = { minConfidence, onlyReliable, minPurity, unproven: flags.skipUnproven ? ('skip' as const) : ('refuse' as const) }
  const request = { format, out, transfer, seed, ...chosen, bom, split, clustersAsClasses: !classesOnly }
  const plan = await client.exports.plan(request)
  for (const warning of plan.warnings) output.say(`Note: ${warning}`)
  for (const { name, purity, missingLooks } of plan.unproven)
    output.say(
      `${flags.skipUnproven ? 'Left out' : 'Not proved'}: ${name}, at least ${toPercent(purity.lower)} pure; ${missingLooks === null ? 'too many were wrong' : `${missingLooks} more looks needed`}`,
    )
  if (flags.dryRun) {
    for (const [reason, count] of Object.entries(plan.excluded))
      if (count > 0) output.say(`Left out: ${count}, ${reasons[reason as keyof typeof reasons]}`)
    const { warnings: _, ...facts } = plan
    const sides = (['train', 'val', 'test'] as const).flatMap((side) => (plan.splits[side] ? [`, ${side} ${plan.splits[side].count}`] : []))
    const text = `${plan.count} images in ${plan.classes.length} classes${sides.join('')}; about ${plan.writtenBytes} bytes. Nothing was written.`
    output.result('planned', { out, ...facts }, text)
    return
  }
  await follow(await client.exports.start(request))
  output.result(
    'exported',
    { out, count: plan.count, sizeBytes: plan.sizeBytes },
    `${plan.count} images in ${plan.classes.length} classes: ${out}`,
  )
}

function toPercent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
