import type { Session } from '../session.ts'
import { resumeAdvice, unfinishedJobs } from '../unfinished.ts'

/** The project at a glance: images, the last run with its stages, jobs that wait. */
export async function showStatus({ client, output }: Session): Promise<void> {
  const project = await client.project.get()
  const runs = await client.runs.list()
  const jobs = await client.jobs.list()
  const [run] = runs
  const { ok, unreadable, missing } = project.images
  const lines = [
    `${project.name}: ${ok} images${unreadable > 0 ? `, ${unreadable} unreadable` : ''}${missing > 0 ? `, ${missing} missing` : ''}`,
    ...(run
      ? [
          `Run ${run.id} (${String(run.recipe.name)}, ${run.clusterCount} clusters, seed ${run.seed}, on ${run.backendUsed ?? 'nothing yet'})`,
          ...run.stages.map(
            ({ name, state, step, totalSteps }) =>
              `  ${name.padEnd(9)} ${state}${totalSteps > 0 && ['running', 'stopped', 'failed'].includes(state) ? ` at ${step} of ${totalSteps}` : ''}`,
          ),
        ]
      : ['No run yet.']),
    ...unfinishedJobs(jobs).flatMap(({ kind, state }) => [
      `Job ${kind}: ${state.kind}${state.kind === 'failed' ? `: ${state.error.message}` : ''}`,
      `  ${resumeAdvice[kind]}`,
    ]),
  ]
  output.result('status', { project, runs, jobs }, lines.join('\n'))
}
