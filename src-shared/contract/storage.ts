import { z } from 'zod'
import { procedure } from './procedure.ts'

const sizeBytes = z.number().nonnegative()

/** What a project's folder is made of. */
export const projectParts = ['database', 'thumbnails', 'pixels', 'embeddings', 'runs', 'backups', 'other'] as const

export const storageContract = {
  /** How much space the open project takes, by its parts, and the cache that all projects share. */
  get: procedure.output(
    z.object({
      project: z
        .object({ path: z.string(), sizeBytes, parts: z.array(z.object({ name: z.enum(projectParts), sizeBytes })).readonly() })
        .nullable(),
      /** Compute libraries; safe to delete while nothing computes, and fetched again when they are needed. */
      cache: z.object({ path: z.string(), sizeBytes }),
    }),
  ),
}
