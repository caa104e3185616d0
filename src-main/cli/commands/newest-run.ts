import type { EngineClient } from '#shared/contract/contract.ts'
import type { Job, Run } from '#shared/entities.ts'
import { isUnfinished } from '../unfinished.ts'
import { parseOverrides, type RunFlags } from './run-flags.ts'

/** The newest run of a project beside what is asked for now. */
export type NewestRun = Readonly<{
  run: Run
  /** Its job, where that waits to be resumed. */
  unfinished: Job | undefined
  isCompleted: boolean
  /** The flags given that ask for something else than it does; what was left out asks for nothing. */
  differing: readonly string[]
}>

export async function newestRun(client: EngineClient, flags: RunFlags): Promise<NewestRun | undefined> {
  const [run] = await client.runs.list()
  if (!run) return undefined
  const job = (await client.jobs.list()).find(({ kind, payload }) => kind === 'run' && (payload as { runId: string }).runId === run.id)
  return {
    run,
    unfinished: job && isUnfinished(job) ? job : undefined,
    isCompleted: run.stages.every(({ state }) => state === 'completed'),
    differing: differingFlags(run, flags),
  }
}

function differingFlags(run: Run, flags: RunFlags): string[] {
  const recipe = run.recipe as Readonly<Record<string, Readonly<Record<string, unknown>>>>
  const asked: (readonly [flag: string, asked: unknown, had: unknown])[] = [
    ['--clusters', flags.clusters, run.clusterCount],
    ['--recipe', flags.recipe, run.recipe.name],
    ['--seed', flags.seed, run.seed],
    ['--backend', flags.backend, run.backendChoice],
    ...Object.entries(parseOverrides(flags)).flatMap(([stage, settings]) =>
      Object.entries(settings).map(([name, value]) => [`${stage}.${name}`, value, recipe[stage]?.[name]] as const),
    ),
  ]
  return asked.filter(([, value, had]) => value !== undefined && value !== had).map(([flag]) => flag)
}
