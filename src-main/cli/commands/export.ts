import { resolve } from 'node:path'
import type { Export } from '#shared/entities.ts'
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
export async function exportProject(session: Session, flags: ExportFlags): Promise<void> {
  const { client, output } = session
  const { format, transfer, seed, minConfidence, minPurity, onlyReliable = false, bom = false, classesOnly = false } = flags
  const out = resolve(flags.out)
  const split = flags.split ? { train: 0.8, val: 0.1, test: 0.1 } : null
  const chosen = { minConfidence, onlyReliable, minPurity, unproven: flags.skipUnproven ? ('skip' as const) : ('refuse' as const) }
  const request = { format, out, transfer, seed, ...chosen, bom, split, clustersAsClasses: !classesOnly }
  const plan = await client.exports.plan(request)
  for (const warning of plan.warnings) output.say(`Note: ${warning.text}`)
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
  const { imageCount, sizeBytes, problems } = await writeDataset(session, request)
  output.result(
    'exported',
    { out, count: imageCount, sizeBytes, problems },
    `${imageCount} images in ${plan.classes.length} classes: ${out}`,
  )
}

/** Writes the dataset and says which images are not in it because of their files. */
export async function writeDataset(
  { client, output, follow }: Session,
  request: Parameters<Session['client']['exports']['start']>[0],
): Promise<Export> {
  const job = await client.exports.start(request)
  await follow(job)
  const { exportId } = job.payload as { exportId: Export['id'] }
  const written = (await client.exports.list()).find(({ id }) => id === exportId)
  if (!written) throw new Error(`The export ${exportId} is not listed.`)
  for (const line of describeProblems(written.problems)) output.say(line)
  return written
}

function describeProblems({ missing, unreadable, changed, copiedInsteadOfLinked }: Export['problems']): string[] {
  const reasons = [
    [missing, 'not there any more'],
    [unreadable, 'not readable'],
    [changed, 'changed since the import'],
  ] as const
  return [
    ...reasons.flatMap(([count, reason]) => (count > 0 ? [`Left out: ${count} ${count === 1 ? 'image' : 'images'}, ${reason}`] : [])),
    ...(copiedInsteadOfLinked > 0 ? [`Copied, because no hard link could be made: ${copiedInsteadOfLinked}`] : []),
  ]
}

function toPercent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
