import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { saidSchema } from '../said-schema.ts'
import { backendChoices } from '../worker-protocol.ts'
import { procedure } from './procedure.ts'

export const backendChoiceSchema = z.enum(backendChoices)

const providerSchema = z.object({
  name: backendChoiceSchema.exclude(['auto']),
  title: z.string(),
  state: z.enum(['used', 'possible', 'unavailable']),
  reason: saidSchema,
  device: z.string().exactOptional(),
  /** Set where it is missing and can be installed: about how much is downloaded. */
  installBytes: z.number().exactOptional(),
  selfTestError: z.number().exactOptional(),
  gigaMacsPerSecond: z.number().exactOptional(),
})

const tensorFlowKindSchema = z.enum(['cpu', 'cuda'])
export type TensorFlowKind = z.infer<typeof tensorFlowKindSchema>

const installEventSchema = z.object({
  step: z.enum(['wait', 'download', 'unpack', 'compile', 'done']),
  /** What is being done, for a person. */
  note: z.string(),
  /** 0-1 of this step, where it is known. */
  ratio: z.number().nullable(),
})
export type InstallEvent = z.infer<typeof installEventSchema>

/** Which compute device there is. Loads TensorFlow in the training worker, so it may take seconds. */
export const deviceContract = {
  report: procedure
    .input(z.object({ backend: backendChoiceSchema.default('auto'), full: z.boolean().default(false) }))
    .output(z.object({ used: z.string().nullable(), providers: z.array(providerSchema).readonly() })),
  /**
   * Installs TensorFlow where it is missing; `done` is the last event. To stop it, stop reading: what was downloaded is kept, and the
   * next call goes on.
   */
  install: procedure
    .input(z.object({ build: tensorFlowKindSchema.or(z.literal('auto')).default('auto') }))
    .output(eventIterator(installEventSchema)),
}
