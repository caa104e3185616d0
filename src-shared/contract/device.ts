import { z } from 'zod'
import { backendChoices } from '../worker-protocol.ts'
import { procedure } from './procedure.ts'

export const backendChoiceSchema = z.enum(backendChoices)

const providerSchema = z.object({
  name: backendChoiceSchema.exclude(['auto']),
  title: z.string(),
  state: z.enum(['used', 'possible', 'unavailable']),
  reason: z.string(),
  device: z.string().exactOptional(),
  selfTestError: z.number().exactOptional(),
  gigaMacsPerSecond: z.number().exactOptional(),
})

/** Which compute device there is. Loads TensorFlow in the training worker, so it may take seconds. */
export const deviceContract = {
  report: procedure
    .input(z.object({ backend: backendChoiceSchema.default('auto'), full: z.boolean().default(false) }))
    .output(z.object({ used: z.string().nullable(), providers: z.array(providerSchema).readonly() })),
}
