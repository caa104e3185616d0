import { SpicerackError } from '#shared/errors.ts'
import type { Session } from '../session.ts'

/**
 * Runs the last finished run again, with its own settings, seed and decisions of a person, and compares the clusterings byte for byte.
 *
 * @throws NOT_FOUND without a finished run; CONFLICT when the bytes differ, both results kept.
 */
export async function replay(session: Session): Promise<void> {
  const { client, output, follow } = session
  const original = (await client.runs.list()).find(({ stages }) => stages.every(({ state }) => state === 'completed'))
  if (!original)
    throw new SpicerackError('NOT_FOUND', 'No run of this project is finished.', { advice: 'Finish one first: spicerack run PROJECT' })
  const { name, ...overrides } = original.recipe as { name: string } & Record<string, Record<string, number | boolean | string>>
  const { run, job } = await client.runs.create({
    clusterCount: original.clusterCount,
    recipe: name,
    seed: original.seed,
    backend: 'auto',
    overrides,
    decisionsOf: original.id,
  })
  await follow(job)
  const { movedCount, imageCount, nmi } = await client.runs.compare({ runId: original.id, otherRunId: run.id })
  if (nmi < 1 - 1e-9 && movedCount > 0)
    throw new SpicerackError(
      'CONFLICT',
      `The replay differs: ${movedCount} of ${imageCount} images are in another cluster. Both runs are kept.`,
      {
        advice:
          'Same seed and same bytes hold on the same machine, backend and versions; compare them with: spicerack status PROJECT --json',
      },
    )
  output.result(
    'replayed',
    { original: original.id, run: run.id, imageCount, movedCount },
    `Same result: ${imageCount} images, none moved.`,
  )
}
