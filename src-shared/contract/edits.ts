import { z } from 'zod'
import { editSchema } from '../entities.ts'
import { procedure } from './procedure.ts'

export const editsContract = {
  /** Latest first. */
  list: procedure.input(z.object({ limit: z.number().int().min(1).max(1000).default(100) })).output(z.array(editSchema).readonly()),
  /** @throws NOTHING_TO_UNDO */
  undo: procedure.output(z.object({ edits: z.array(editSchema).readonly() })),
  redo: procedure.output(z.object({ edits: z.array(editSchema).readonly() })),
}
