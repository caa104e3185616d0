import { z } from 'zod'
import { projectSchema } from '../entities.ts'
import { procedure } from './procedure.ts'

const projectPath = z.object({
  /** Absolute path of the folder NAME.spicerack. */
  path: z.string().min(1),
})

/** One project is open at a time. */
export const projectContract = {
  create: procedure.input(projectPath).output(projectSchema),
  open: procedure.input(projectPath).output(projectSchema),
  /** Pauses what runs, then closes. */
  close: procedure.output(z.object({ closed: z.boolean() })),
  get: procedure.output(projectSchema),
}
