import { existsSync, mkdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { EngineClient } from '#shared/contract/contract.ts'
import { SpicerackError } from '#shared/errors.ts'
import type { Output } from '../output.ts'
import { type Session, withSession } from '../session.ts'
import { describeClusters } from './clusters.ts'
import { writeDataset } from './export.ts'
import { importFolder, openOrCreate } from './new.ts'
import { newestRun } from './newest-run.ts'
import { exportFeatures, startRun } from './run.ts'
import type { RunFlags } from './run-flags.ts'

export type ClusterFlags = RunFlags & Readonly<{ out: string; truth?: string; split?: boolean }>

/**
 * All in one go: project, import, run, dataset and contact sheet, in one folder. Called again after an interruption it goes on: with the
 * import, with the run, or with what comes after a run that is complete.
 *
 * @throws OUTPUT_EXISTS when the dataset is there already.
 */
export function clusterFolder(output: Output, folder: string, flags: ClusterFlags): Promise<void> {
  const out = resolve(flags.out)
  const dataset = join(out, 'dataset')
  const projectPath = join(out, `${basename(resolve(folder))}.spicerack`)
  if (existsSync(dataset))
    throw SpicerackError.inEnglish('OUTPUT_EXISTS', `${dataset} exists already; nothing was changed.`, {
      advice: 'Choose another --out, or remove that folder first.',
    })
  mkdirSync(out, { recursive: true })
  return withSession(output, async (session) => {
    const { client } = session
    await openOrCreate(session, projectPath)
    await importFolder(session, folder)
    const complete = await completeRun(session, flags)
    if (complete) output.say(`${complete} is complete, with the same choices and images; going on from there.`)
    else await startRun(session, flags)
    await exportFeatures(session, flags.exportNpy)
    const clusters = await client.clusters.list()
    const sheet = await client.exports.contactSheet({ folder: out })
    const split = flags.split ? { train: 0.8, val: 0.1, test: 0.1 } : null
    const { problems } = await writeDataset(session, { format: 'imagefolder', out: dataset, clustersAsClasses: true, split })
    const evaluation = flags.truth === undefined ? undefined : await client.evaluate.run({ truth: resolve(flags.truth) })
    const text = [
      '',
      ...describeClusters(clusters),
      '',
      ...(evaluation ? [describeEvaluation(evaluation), ''] : []),
      `Dataset        ${dataset}`,
      `Contact sheet  ${sheet.imagePath}`,
      `Project        ${projectPath}`,
    ].join('\n')
    output.result('clustered', { clusters, evaluation, dataset, problems, contactSheet: sheet.imagePath, project: projectPath }, text)
  })
}

/** The newest run, where it is all that was asked for. */
async function completeRun({ client }: Session, flags: RunFlags): Promise<string | undefined> {
  const newest = await newestRun(client, flags)
  const { images } = await client.project.get()
  return newest?.isCompleted && newest.differing.length === 0 && newest.run.imageCount === images.ok ? newest.run.id : undefined
}

export function describeEvaluation(evaluation: Awaited<ReturnType<EngineClient['evaluate']['run']>>): string {
  const percent = (ratio: number): string => `${(100 * ratio).toFixed(1)} %`
  const { accuracy, nmi, ari, purity, imageCount } = evaluation
  return `Against ${imageCount} known labels: ACC ${percent(accuracy)} · NMI ${percent(nmi)} · ARI ${percent(ari)} · purity ${percent(purity)}`
}
