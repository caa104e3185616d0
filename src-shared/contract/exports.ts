import { z } from 'zod'
import { exportSchema, jobSchema } from '../entities.ts'
import { exportFormats, unprovenWays } from '../export-formats.ts'
import { messageSchema } from '../said-schema.ts'
import { procedure } from './procedure.ts'

const ratio = z.number().min(0).max(1)
const countsSchema = z.object({ count: z.number().int(), sizeBytes: z.number() })
const splitsSchema = z.object({ train: countsSchema.optional(), val: countsSchema.optional(), test: countsSchema.optional() })

const puritySchema = z.object({
  imageCount: z.number().int(),
  looked: z.number().int(),
  right: z.number().int(),
  purity: ratio.nullable(),
  lower: ratio,
  upper: ratio,
})

export const exportRequestSchema = z.object({
  format: z.enum(exportFormats),
  /** The dataset folder to make; it must not exist yet. */
  out: z.string().min(1),
  transfer: z.enum(['copy', 'hardlink', 'symlink']).default('copy'),
  hardlinkFallback: z.enum(['error', 'copy']).default('copy'),
  /** Shares that sum to 1; null for one set. */
  split: z.object({ train: ratio, val: ratio, test: ratio }).nullable().default(null),
  seed: z.number().int().default(0),
  minConfidence: ratio.default(0),
  onlyReliable: z.boolean().default(false),
  /** Lower bound of the purity that an audit must have proved of each class; 0 = none. Labels of a person are exempt. */
  minPurity: ratio.default(0),
  unproven: z.enum(unprovenWays).default('refuse'),
  unlabelled: z.enum(['skip', 'folder']).default('skip'),
  bom: z.boolean().default(false),
  escapeFormulas: z.boolean().default(false),
  /** Give images whose cluster has no class the name of their cluster as class. */
  clustersAsClasses: z.boolean().default(false),
})
export type ExportRequest = z.infer<typeof exportRequestSchema>

export const exportsContract = {
  /** What an export would write: counts, bytes, and how pure each class is known to be. Touches no file. */
  plan: procedure.input(exportRequestSchema).output(
    z.object({
      ...countsSchema.shape,
      /** About how many bytes the dataset takes on the disk. */
      writtenBytes: z.number(),
      classes: z
        .array(
          z.object({
            name: z.string().nullable(),
            folder: z.string(),
            ...countsSchema.shape,
            splits: splitsSchema,
            /** Of the labels that no person gave; null where there are none. */
            purity: puritySchema.nullable(),
          }),
        )
        .readonly(),
      /** Classes below `minPurity`; `missingLooks` is null where too many were wrong. With `refuse` an export does not start. */
      unproven: z.array(z.object({ name: z.string(), purity: puritySchema, missingLooks: z.number().int().nullable() })).readonly(),
      splits: splitsSchema,
      /** Why images are left out, and how many; with `count` they are all images of the project. */
      excluded: z.object({
        unlabelled: z.number().int(),
        lowConfidence: z.number().int(),
        unreliable: z.number().int(),
        unproven: z.number().int(),
        /** By a person. */
        rejected: z.number().int(),
        /** Missing, unreadable, or not read yet. */
        unusable: z.number().int(),
      }),
      warnings: z.array(messageSchema).readonly(),
    }),
  ),
  start: procedure.input(exportRequestSchema).output(jobSchema),
  list: procedure.output(z.array(exportSchema).readonly()),
  /** Writes feas_moco_<dimension>_l2.npy, the embedding of the run behind the current clustering, and the list of its files. */
  features: procedure
    .input(z.object({ /** Absolute path of an existing folder. */ folder: z.string().min(1) }))
    .output(z.object({ files: z.array(z.string()).readonly(), imageCount: z.number().int() })),
  /** Writes contact-sheet.jpg and contact-sheet.html: every cluster with its most typical images. */
  contactSheet: procedure
    .input(
      z.object({
        /** Absolute path of an existing folder. */ folder: z.string().min(1),
        imagesPerCluster: z.number().int().min(1).max(40).default(12),
      }),
    )
    .output(z.object({ imagePath: z.string(), pagePath: z.string() })),
}
