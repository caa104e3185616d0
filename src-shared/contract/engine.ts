import { z } from 'zod'
import { projectSchema } from '../entities.ts'
import { procedure } from './procedure.ts'

export const engineStatusSchema = z.object({
  version: z.string(),
  node: z.string(),
  platform: z.string(),
  cores: z.number().int(),
  memoryBytes: z.number(),
  startedAt: z.number(),
  project: projectSchema.nullable(),
  activeJobCount: z.number().int(),
})
export type EngineStatus = z.infer<typeof engineStatusSchema>

/** The engine itself. Cheap: loads no TensorFlow. */
export const engineContract = {
  status: procedure.output(engineStatusSchema),
}
