import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { SpicerackError } from '#shared/errors.ts'
import { type Said, textOf } from '#shared/said.ts'
import type { Session } from '../session.ts'
import { newestRun } from './newest-run.ts'
import { parseOverrides, type RunFlags } from './run-flags.ts'

/**
 * Runs the pipeline on the open project and shows it. The newest run, where it was interrupted and no flag asks for anything else, is
 * taken up again instead of starting another.
 *
 * @throws NOT_FOUND, BAD_INPUT when a run shall be resumed and none waits, or the flags would change it.
 */
export async function startRun(session: Session, flags: RunFlags): Promise<void> {
  const { client, output, follow } = session
  const { run, job } = (await resumeNewest(session, flags)) ?? (await createRun(session, flags))
  await follow(job)
  const done = await client.runs.get({ runId: run.id })
  output.say(`Computed on ${done.backendUsed ?? 'nothing'}.`)
  for (const said of done.stages.flatMap(({ advice }) => advice)) output.say(`Note: ${textOf(said)}`)
}

type Started = Awaited<ReturnType<Session['client']['runs']['create']>>

async function resumeNewest({ client, output }: Session, flags: RunFlags): Promise<Started | undefined> {
  const newest = flags.resume === false ? undefined : await newestRun(client, flags)
  if (!newest?.unfinished) {
    if (flags.resume !== true) return undefined
    throw SpicerackError.inEnglish('NOT_FOUND', 'The newest run of this project does not wait to be resumed.', {
      advice: 'Start one without --resume.',
    })
  }
  const { run, unfinished, differing } = newest
  if (differing.length === 0) {
    output.say(`Going on with ${run.id}, which was interrupted.`)
    return { run, job: await client.jobs.resume({ jobId: unfinished.id }) }
  }
  if (flags.resume === true)
    throw SpicerackError.inEnglish('BAD_INPUT', `${run.id} goes on as it was begun, and not with another ${differing.join(', ')}.`, {
      advice: 'Leave these out to go on with it, or leave out --resume to start a new run.',
    })
  output.say(`Starting a new run, because ${run.id}, which was interrupted, has another ${differing.join(', ')}; it is kept.`)
  return undefined
}

async function createRun(session: Session, flags: RunFlags): Promise<Started> {
  const { clusterCount, reason } = flags.clusters === undefined ? await suggestClusterCount(session) : { clusterCount: flags.clusters }
  return session.client.runs.create({
    clusterCount,
    ...(reason === undefined ? {} : { clusterCountReason: reason }),
    recipe: flags.recipe ?? 'standard',
    seed: flags.seed ?? 0,
    backend: flags.backend ?? 'auto',
    overrides: parseOverrides(flags),
  })
}

/** Writes the embedding for NumPy into `folder`, which is made; nothing without one. */
export async function exportFeatures({ client, output }: Session, folder: string | undefined): Promise<void> {
  if (folder === undefined) return
  mkdirSync(resolve(folder), { recursive: true })
  const { files } = await client.exports.features({ folder: resolve(folder) })
  for (const file of files) output.say(`Written: ${file}`)
}

async function suggestClusterCount({ client, output }: Session): Promise<{ clusterCount: number; reason?: Said }> {
  const suggestions = await client.clusters.suggest()
  const [best] = suggestions
  if (!best)
    throw SpicerackError.inEnglish('BAD_CLUSTER_COUNT', 'No number of clusters could be suggested.', {
      advice: 'Give one with --clusters.',
    })
  output.say(`Number of clusters: ${best.clusterCount} (suggested; ${textOf(best.reason)})`)
  for (const { clusterCount, reason } of suggestions.slice(1)) output.say(`  or ${clusterCount}: ${textOf(reason)}`)
  return best
}
