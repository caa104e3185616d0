import { resolve } from 'node:path'
import { createEngine, type EngineOptions } from '#engine/engine.ts'
import { stateFolder } from '#main/server/state-folder.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import type { Job } from '#shared/entities.ts'
import { fromErrorData, SpicerackError } from '#shared/errors.ts'
import { textOf } from '#shared/said.ts'
import type { Output } from './output.ts'
import { resumeAdvice } from './unfinished.ts'

/** An engine in this process, for the length of one command. */
export interface Session {
  readonly client: EngineClient
  readonly handle: (request: Request) => Promise<Response>
  readonly output: Output
  /**
   * Shows a job until it rests. Ctrl-C pauses it; a second one ends the process.
   *
   * @throws CANCELLED when it was paused, and what the job failed with.
   */
  follow(job: Job): Promise<void>
}

const jobTitles: Readonly<Record<Job['kind'], string>> = { import: 'Reading images', run: 'Preparing', export: 'Writing the dataset' }
const stageTitles: Readonly<Record<string, string>> = {
  pretrain: 'Learning features',
  embed: 'Embedding',
  self: 'Clustering',
  reliable: 'Reliable images',
  semi: 'Training classifier',
}

/** Runs `work` with an engine, and closes the engine whatever happens. */
export async function withSession<Result>(
  output: Output,
  work: (session: Session) => Promise<Result>,
  options: Pick<EngineOptions, 'folderRoots'> = {},
): Promise<Result> {
  const engine = createEngine({ reportBug: (error) => output.error(error), stateFolder: stateFolder(), ...options })
  const client = createEngineClient((request) => engine.handle(request))
  try {
    return await work({ client, handle: engine.handle, output, follow: (job) => followJob(client, output, job) })
  } finally {
    await engine.close()
  }
}

/** The same with a project open. @throws PROJECT_LOCKED, PROJECT_NEWER, PROJECT_DAMAGED, NOT_FOUND. */
export function withProject<Result>(output: Output, path: string, work: (session: Session) => Promise<Result>): Promise<Result> {
  return withSession(output, async (session) => {
    await session.client.project.open({ path: resolve(path) })
    return work(session)
  })
}

async function followJob(client: EngineClient, output: Output, job: Job): Promise<void> {
  let isInterrupted = false
  const interrupt = (): void => {
    if (isInterrupted) process.exit(130)
    isInterrupted = true
    output.say('Stopping after this step; press Ctrl-C again to stop at once.')
    void client.jobs.pause({ jobId: job.id }).catch(() => undefined)
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    let state = job.state
    for await (const event of await client.jobs.events({ jobId: job.id })) {
      if (event.type === 'state') state = event.state
      if (event.type === 'snapshot') state = event.job.state
      if (event.type === 'log') output.say(event.line)
      if (event.type === 'progress') {
        const { stage, done, total, rate, secondsLeft, note } = event.progress
        output.progress({
          task: stage === null ? jobTitles[job.kind] : (stageTitles[stage] ?? stage),
          done,
          total,
          rate,
          secondsLeft,
          note: textOf(note),
        })
      }
    }
    output.progressDone()
    if (state.kind === 'failed') throw fromErrorData(state.error)
    if (state.kind !== 'completed')
      throw SpicerackError.inEnglish('CANCELLED', `The work is ${state.kind}; what was done is kept.`, {
        advice: resumeAdvice[job.kind],
      })
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}
