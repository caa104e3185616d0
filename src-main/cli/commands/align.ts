import { resolve } from 'node:path'
import { freeClassKeys } from '#shared/class-keys.ts'
import type { ClassId, Cluster } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import type { Session } from '../session.ts'
import { describeClusters } from './clusters.ts'

export type AlignFlags = Readonly<{ labels?: string; set?: readonly string[] }>

/** Gives clusters their classes: from labelled examples in a file, or one by one (`--set "Cluster 3=cat"`). */
export async function alignToClasses(session: Session, flags: AlignFlags): Promise<void> {
  const { client, output } = session
  if (flags.labels === undefined && (flags.set ?? []).length === 0)
    throw SpicerackError.inEnglish('BAD_INPUT', 'Nothing to align by.', { advice: 'Give --labels FILE, or --set CLUSTER=NAME.' })
  if (flags.labels !== undefined) {
    const { labelled, unmatched } = await client.labels.import({ path: resolve(flags.labels) })
    output.say(`${labelled} labels read${unmatched > 0 ? `, ${unmatched} match no image` : ''}`)
    const proposal = await client.mappings.propose()
    if (proposal.length > 0) await client.mappings.apply({ mappings: proposal.map(({ clusterId, classId }) => ({ clusterId, classId })) })
    for (const { className, agreeing, labelled: seen, clusterId } of proposal)
      output.say(`  cluster ${clusterId} is ${className} (${agreeing} of ${seen} labelled images)`)
  }
  for (const assignment of flags.set ?? []) await nameCluster(session, assignment)
  const clusters = await client.clusters.list()
  const classes = await client.classes.list()
  output.result(
    'aligned',
    { clusters, classes },
    [...describeClusters(clusters), '', ...classes.map(({ name, imageCount }) => `${name}: ${imageCount} images`)].join('\n'),
  )
}

async function nameCluster({ client }: Session, assignment: string): Promise<void> {
  const split = assignment.lastIndexOf('=')
  const [wanted, className] = [assignment.slice(0, split).trim(), assignment.slice(split + 1).trim()]
  const clusters = await client.clusters.list()
  const cluster = split > 0 && className !== '' ? clusters.find((candidate) => isNamed(candidate, wanted)) : undefined
  if (!cluster)
    throw SpicerackError.inEnglish('BAD_INPUT', `--set ${assignment} names no cluster.`, {
      advice: `Write CLUSTER=NAME with one of: ${clusters.map(({ name }) => name).join(', ')}.`,
    })
  const classes = await client.classes.list()
  const [key] = freeClassKeys(classes.map((one) => one.key))
  const known = classes.find(({ name }) => name === className)
  const classId: ClassId = known?.id ?? (await client.classes.create({ name: className, ...(key !== undefined && { key }) })).classId
  await client.mappings.set({ clusterId: cluster.id, classId })
}

function isNamed({ id, name }: Cluster, wanted: string): boolean {
  return name === wanted || String(id) === wanted
}
