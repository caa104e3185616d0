import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { SpicerackError } from '#shared/errors.ts'
import { isAtRest, stageNames } from '#shared/jobs.ts'
import { stageSettings } from '#shared/recipes/recipe.ts'
import { type Said, textOf } from '#shared/said.ts'
import type { SettingValue } from '#shared/settings.ts'
import type { BackendChoice } from '#shared/worker-protocol.ts'
import type { Session } from '../session.ts'

export type RunFlags = Readonly<{
  clusters?: number
  recipe?: string
  epochs?: number
  seed?: number
  backend?: BackendChoice
  /** An ONNX file that turns images into features. */
  encoder?: string
  /** `stage.name=value` */
  set?: readonly string[]
  /** Folder for the embedding as .npy. */
  exportNpy?: string
  resume?: boolean
}>

/**
 * Runs the pipeline on the open project and shows it; an interrupted run is taken up again instead of starting another.
 */
export async function startRun(session: Session, flags: RunFlags): Promise<void> {
  const { client, output, follow } = session
  const unfinished = (await client.jobs.list()).find(
    ({ kind, state }) => kind === 'run' && isAtRest(state.kind) && ['paused', 'interrupted', 'failed'].includes(state.kind),
  )
  if (unfinished && flags.resume !== false) {
    output.say('Going on with the run that was interrupted.')
    await follow(await client.jobs.resume({ jobId: unfinished.id }))
    return
  }
  if (flags.resume === true)
    throw new SpicerackError('NOT_FOUND', 'No run of this project waits to be resumed.', { advice: 'Start one without --resume.' })
  const { clusterCount, reason } = flags.clusters === undefined ? await suggestClusterCount(session) : { clusterCount: flags.clusters }
  const { run, job } = await client.runs.create({
    clusterCount,
    ...(reason === undefined ? {} : { clusterCountReason: reason }),
    recipe: flags.recipe ?? 'standard',
    seed: flags.seed ?? 0,
    backend: flags.backend ?? 'auto',
    overrides: parseOverrides(flags),
  })
  await follow(job)
  const done = await client.runs.get({ runId: run.id })
  output.say(`Computed on ${done.backendUsed ?? 'nothing'}.`)
  for (const said of done.stages.flatMap(({ advice }) => advice)) output.say(`Note: ${textOf(said)}`)
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
    throw new SpicerackError('BAD_CLUSTER_COUNT', 'No number of clusters could be suggested.', { advice: 'Give one with --clusters.' })
  output.say(`Number of clusters: ${best.clusterCount} (suggested; ${textOf(best.reason)})`)
  for (const { clusterCount, reason } of suggestions.slice(1)) output.say(`  or ${clusterCount}: ${textOf(reason)}`)
  return best
}

/**
 * `--set pretrain.widthFactor=0.5`, `--epochs` and `--encoder` as overrides by stage.
 *
 * @throws BAD_INPUT for a stage or setting that does not exist.
 */
function parseOverrides({
  set = [],
  epochs,
  encoder,
}: RunFlags): Partial<Record<(typeof stageNames)[number], Record<string, SettingValue>>> {
  const overrides: Partial<Record<(typeof stageNames)[number], Record<string, SettingValue>>> =
    epochs === undefined ? {} : { pretrain: { epochs } }
  if (encoder !== undefined) {
    overrides.pretrain = { ...overrides.pretrain, source: 'onnx' }
    overrides.embed = { onnxFile: resolve(encoder) }
  }
  for (const assignment of set) {
    const [, stage, name, value] = assignment.match(/^([a-z]+)\.([a-zA-Z]+)=(.+)$/) ?? []
    const stageName = stageNames.find((known) => known === stage)
    const definition =
      stageName && name !== undefined ? (stageSettings[stageName] as Readonly<Record<string, { kind: string }>>)[name] : undefined
    if (!stageName || !definition || name === undefined || value === undefined)
      throw new SpicerackError('BAD_INPUT', `--set ${assignment} names no setting.`, {
        advice: 'Write STAGE.SETTING=VALUE, for example pretrain.widthFactor=0.5.',
      })
    const parsed: SettingValue =
      definition.kind === 'boolean' ? value === 'true' : ['choice', 'text'].includes(definition.kind) ? value : Number(value)
    overrides[stageName] = { ...overrides[stageName], [name]: parsed }
  }
  return overrides
}
