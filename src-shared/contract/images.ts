import { z } from 'zod'
import {
  classIdSchema,
  clusterIdSchema,
  duplicateGroupSchema,
  imageIdSchema,
  imageProblemSchema,
  imageSchema,
  imageStatusSchema,
  jobSchema,
} from '../entities.ts'
import { procedure } from './procedure.ts'

/** Only images for which all of these hold. */
const imageFilterSchema = z.object({
  status: imageStatusSchema.optional(),
  clusterId: clusterIdSchema.optional(),
  /** `null`: images without a class. */
  classId: classIdSchema.nullable().optional(),
  reliable: z.boolean().optional(),
  rejected: z.boolean().optional(),
  /** Part of the path. */
  search: z.string().optional(),
})

const imageSortSchema = z.enum(['id', 'path', 'confidence', 'localConsistency'])

export const importRequestSchema = z.object({
  /** Absolute path. */
  folder: z.string().min(1),
  /** Side of the decoded squares in pixels; chosen from the images at the first import of a project, fixed afterwards. */
  size: z.number().int().min(8).max(256).optional(),
  fit: z.enum(['cover', 'contain', 'squash']).default('cover'),
})
export type ImportRequest = z.infer<typeof importRequestSchema>

export const imagesContract = {
  /** Reads the folder recursively as a job; run again, it does only what is new. */
  import: procedure.input(importRequestSchema).output(jobSchema),
  /** One page. `after` is the `next` of the page before. */
  list: procedure
    .input(
      z.object({
        filter: imageFilterSchema.default({}),
        sort: imageSortSchema.default('id'),
        descending: z.boolean().default(false),
        limit: z.number().int().min(1).max(1000).default(200),
        after: z.string().optional(),
      }),
    )
    .output(
      z.object({
        images: z.array(imageSchema).readonly(),
        /** Null on the last page. */
        next: z.string().nullable(),
        /** How many images match in all. */
        total: z.number().int(),
      }),
    ),
  get: procedure.input(z.object({ imageId: imageIdSchema })).output(imageSchema),
  problems: procedure.output(z.array(imageProblemSchema).readonly()),
  duplicates: procedure.output(z.array(duplicateGroupSchema).readonly()),
}
