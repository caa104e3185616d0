import { SpicerackError } from '#shared/errors.ts'
import type { BackendChoice } from '#shared/worker-protocol.ts'
import type { Session } from '../session.ts'

/**
 * Runs the last finished run again, with its own images, settings, seed, backend and decisions of a person, and compares what both say
 * of each image: the same cluster, and the same confidence to the last digit.
 *
 * @throws NOT_FOUND without a finished run; CONFLICT when its images have changed, or when the results differ; both are kept then.
 */
export async function replay(session: Session): Promise<void> {
  const { client, output, follow } = session
  const original = (await client.runs.list()).find(({ stages }) => stages.every(({ state }) => state === 'completed'))
  if (!original)
    throw SpicerackError.inEnglish('NOT_FOUND', 'No run of this project is finished.', {
      advice: 'Finish one first: spicerack run PROJECT',
    })
  const { name, ...overrides } = original.recipe as { name: string } & Record<string, Record<string, number | boolean | string>>
  const { run, job } = await client.runs.create({
    clusterCount: original.clusterCount,
    recipe: name,
    seed: original.seed,
    backend: original.backendChoice as BackendChoice,
    overrides,
    repeats: original.id,
  })
  await follow(job)
  const { differingCount, imageCount } = await client.runs.compare({ runId: original.id, otherRunId: run.id })
  const { backendUsed } = await client.runs.get({ runId: run.id })
  if (differingCount > 0 || imageCount !== original.imageCount)
    throw SpicerackError.inEnglish(
      'CONFLICT',
      `The replay differs: ${differingCount} of ${original.imageCount} images have another cluster or confidence. Both runs are kept.`,
      {
        advice:
          `The result is the same on the same machine, backend and versions. ${original.id} was computed on ${original.backendUsed}, ` +
          `${run.id} on ${backendUsed}; their versions are in: spicerack --json status PROJECT`,
      },
    )
  output.result(
    'replayed',
    { original: original.id, run: run.id, imageCount, differingCount },
    `Same result: ${imageCount} images, each with the same cluster and confidence.`,
  )
}
