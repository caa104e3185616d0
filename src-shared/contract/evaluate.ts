import { z } from 'zod'
import { procedure } from './procedure.ts'

/** How well clusters agree with the truth, each 0 to 1 (ARI from -0.5). `confusion` is `[classes][clusters]` counts. */
export const evaluationSchema = z.object({
  imageCount: z.number().int(),
  unmatched: z.number().int(),
  accuracy: z.number(),
  nmi: z.number(),
  ari: z.number(),
  purity: z.number(),
  classes: z.array(z.string()).readonly(),
  clusters: z.array(z.string()).readonly(),
  /** Class matched to each cluster, as an index of `classes`, or -1. */
  matchedClasses: z.array(z.number().int()).readonly(),
  confusion: z.array(z.array(z.number().int()).readonly()).readonly(),
})
export type Evaluation = z.infer<typeof evaluationSchema>

export const evaluateContract = {
  /** Compares the current clustering with a truth that is used for nothing else: a CSV file or a folder of folders. */
  run: procedure.input(z.object({ truth: z.string().min(1) })).output(evaluationSchema),
}
