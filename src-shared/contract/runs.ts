import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { jobSchema, metricPointSchema, runIdSchema, runSchema, stageNameSchema } from '../entities.ts'
import { saidSchema } from '../said-schema.ts'
import { backendChoiceSchema } from './device.ts'
import { procedure } from './procedure.ts'

const settingsSchema = z.record(z.string(), z.union([z.number(), z.boolean(), z.string()]))

const runRequestSchema = z.object({
  recipe: z.string().default('standard'),
  /** Number of clusters to find (K). */
  clusterCount: z.number().int().min(2),
  /** Why this number of clusters was suggested, where it was; kept with the run. */
  clusterCountReason: saidSchema.optional(),
  seed: z.number().int().min(0).max(0xffffffff).default(0),
  backend: backendChoiceSchema.default('auto'),
  /** Settings that differ from the recipe, by stage: `{ pretrain: { epochs: 20 } }`. */
  overrides: z.partialRecord(stageNameSchema, settingsSchema).default({}),
  /** Repeat this run: on its images, obeying the decisions of a person that it obeyed, in place of those of now. */
  repeats: runIdSchema.optional(),
  /** The last stage to run; the others can be run later by resuming the job. */
  lastStage: stageNameSchema.default('semi'),
})

const runReference = z.object({ runId: runIdSchema })

export const runsContract = {
  /** Makes the run and queues its job: pretrain, embed, self, reliable, semi. */
  create: procedure.input(runRequestSchema).output(z.object({ run: runSchema, job: jobSchema })),
  list: procedure.output(z.array(runSchema).readonly()),
  get: procedure.input(runReference).output(runSchema),
  /** All points so far, then new ones as they come, until the job of the run is at rest. */
  metrics: procedure
    .input(runReference)
    .output(eventIterator(z.object({ sequence: z.number().int(), points: z.array(metricPointSchema).readonly() }).readonly())),
  /** What happened in a run, oldest first; the last lines of a long log. */
  log: procedure.input(runReference).output(
    z
      .array(
        z
          .object({
            at: z.number(),
            event: z.enum(['started', 'stopped', 'completed', 'failed', 'log']),
            stage: stageNameSchema.nullable(),
            /** In English where it is no message. */
            said: saidSchema,
          })
          .readonly(),
      )
      .readonly(),
  ),
  /**
   * Of the images that both final clusterings hold: how many changed their cluster, the agreement (NMI, 0-1), and how many the model says
   * anything else about, be it the number of its cluster or the last digit of its confidence.
   */
  compare: procedure.input(z.object({ runId: runIdSchema, otherRunId: runIdSchema })).output(
    z.object({
      imageCount: z.number().int(),
      movedCount: z.number().int(),
      /** Of those moved, how many a person had labelled or placed. */
      contradictedCount: z.number().int(),
      nmi: z.number(),
      differingCount: z.number().int(),
    }),
  ),
}
