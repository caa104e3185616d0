import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { jobIdSchema, jobProgressSchema, jobSchema, jobStateSchema } from '../entities.ts'
import { procedure } from './procedure.ts'

/** What happens to a job. `sequence` rises by one with every event, so that a reader can tell that it missed none. */
export const jobEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), sequence: z.number().int(), job: jobSchema }).readonly(),
  z.object({ type: z.literal('state'), sequence: z.number().int(), state: jobStateSchema }).readonly(),
  z.object({ type: z.literal('progress'), sequence: z.number().int(), progress: jobProgressSchema }).readonly(),
  z.object({ type: z.literal('log'), sequence: z.number().int(), line: z.string() }).readonly(),
])
export type JobEvent = z.infer<typeof jobEventSchema>

const jobReference = z.object({ jobId: jobIdSchema })

export const jobsContract = {
  list: procedure.output(z.array(jobSchema).readonly()),
  get: procedure.input(jobReference).output(jobSchema),
  /** Stops after the present step and keeps a checkpoint. Answers when the job is at rest. */
  pause: procedure.input(jobReference).output(jobSchema),
  /** Puts a paused, interrupted or failed job back in the queue; it goes on from its last checkpoint. */
  resume: procedure.input(jobReference).output(jobSchema),
  /** Stops after the present step. Answers when the job is at rest. */
  cancel: procedure.input(jobReference).output(jobSchema),
  /** A snapshot, then what happens, until the job is at rest. Progress at most four times a second. */
  events: procedure.input(jobReference).output(eventIterator(jobEventSchema)),
}
