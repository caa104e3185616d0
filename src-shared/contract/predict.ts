import { z } from 'zod'
import { classIdSchema, clusterIdSchema, runIdSchema } from '../entities.ts'
import { backendChoiceSchema } from './device.ts'
import { procedure } from './procedure.ts'

export const predictContract = {
  /** Cluster, class and confidence of files outside the project, by the last finished run unless told otherwise. */
  run: procedure
    .input(
      z.object({
        files: z.array(z.string().min(1)).min(1).max(10_000),
        runId: runIdSchema.optional(),
        backend: backendChoiceSchema.default('auto'),
      }),
    )
    .output(
      z.object({
        backend: z.string(),
        /** Whether the run kept what this classifier says of its own images; false where it may say otherwise of the same image. */
        isKept: z.boolean(),
        predictions: z
          .array(
            z.object({
              file: z.string(),
              /** Why there is no prediction. */
              problem: z.string().nullable(),
              clusterId: clusterIdSchema.nullable(),
              clusterName: z.string().nullable(),
              classId: classIdSchema.nullable(),
              className: z.string().nullable(),
              confidence: z.number().nullable(),
            }),
          )
          .readonly(),
      }),
    ),
}
