import { z } from 'zod'
import {
  classIdSchema,
  clusterIdSchema,
  duplicateGroupSchema,
  imageHistoryEntrySchema,
  imageIdSchema,
  imageProblemSchema,
  imageSchema,
  imageStatusSchema,
  jobSchema,
  labelSourceSchema,
} from '../entities.ts'
import { procedure } from './procedure.ts'

const imageBands = ['reliable', 'doubtful', 'rejected'] as const

/** Only images for which all of these hold. */
const imageFilterSchema = z.object({
  status: imageStatusSchema.optional(),
  clusterId: clusterIdSchema.optional(),
  /** `null`: images without a class. */
  classId: classIdSchema.nullable().optional(),
  reliable: z.boolean().optional(),
  rejected: z.boolean().optional(),
  /** Where it stands in its cluster. */
  band: z.enum(imageBands).optional(),
  /** Part of the path. */
  search: z.string().optional(),
  /** Where the label comes from. */
  labelSource: labelSourceSchema.extract(['human', 'imported', 'mapping']).optional(),
  /** A person labelled it, put it into its cluster, or confirmed it there. */
  confirmed: z.boolean().optional(),
  /** Only images of a group of duplicates. */
  duplicates: z.literal(true).optional(),
  /** Inclusive, 0-1. */
  minConfidence: z.number().min(0).max(1).optional(),
  maxConfidence: z.number().min(0).max(1).optional(),
})

const imageSortSchema = z.enum(['id', 'path', 'confidence', 'localConsistency'])

/** `typical`: reliable first, then surest first; `uncertain`: least sure first. */
const imageOrderSorts = ['typical', 'uncertain', 'path', 'id'] as const

/** One image as a tile of a grid shows it. */
export const imageTileSchema = z
  .object({
    id: imageIdSchema,
    path: z.string(),
    status: imageStatusSchema,
    widthPx: z.number().int().nullable(),
    heightPx: z.number().int().nullable(),
    /** Where to GET its thumbnail; the content hash is part of it. Null when there is none. */
    thumbnailUrl: z.string().nullable(),
    clusterId: clusterIdSchema.nullable(),
    classId: classIdSchema.nullable(),
    labelSource: labelSourceSchema.nullable(),
    confidence: z.number().nullable(),
    localConsistency: z.number().nullable(),
    band: z.enum(imageBands).nullable(),
    /** A person put it into its cluster or confirmed it there. */
    placed: z.boolean(),
  })
  .readonly()
export type ImageTile = z.infer<typeof imageTileSchema>

/** As EXIF tells it; each is null where it is not told. */
const photoSchema = z
  .object({
    camera: z.string().nullable(),
    lens: z.string().nullable(),
    /** Local time of the camera, as `2026-11-25 08:49:00`. */
    takenAt: z.string().nullable(),
    exposureSeconds: z.number().positive().nullable(),
    aperture: z.number().positive().nullable(),
    iso: z.number().positive().nullable(),
    focalLengthMm: z.number().positive().nullable(),
  })
  .readonly()

export const importRequestSchema = z.object({
  /** Absolute path. */
  folder: z.string().min(1),
  /** Side of the decoded squares in pixels; chosen from the images at the first import of a project, fixed afterwards. */
  size: z.number().int().min(8).max(256).optional(),
  /** How an image becomes a square: squeezed whole, its middle, or whole on white. */
  fit: z.enum(['squash', 'cover', 'contain']).default('squash'),
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
  /**
   * All images that match, in order, as little-endian int32 ids to GET at `url`; `bands` divide them, in this order, when the sort is
   * `typical`. For grids that jump anywhere.
   */
  order: procedure
    .input(
      z.object({
        filter: imageFilterSchema.default({}),
        sort: z.enum(imageOrderSorts).default('typical'),
        descending: z.boolean().default(false),
      }),
    )
    .output(
      z.object({
        count: z.number().int(),
        url: z.string(),
        bands: z.array(z.object({ band: z.enum(imageBands), count: z.number().int() })).readonly(),
      }),
    ),
  /** What the tiles of a grid show, in the order asked; ids that do not exist are left out. */
  tiles: procedure.input(z.object({ imageIds: z.array(imageIdSchema).min(1).max(500) })).output(z.array(imageTileSchema).readonly()),
  get: procedure.input(z.object({ imageId: imageIdSchema })).output(imageSchema),
  /** Share of the other heads of the current run that agree with the chosen one about an image, 0-1; null where it is not known. */
  headAgreement: procedure.input(z.object({ imageId: imageIdSchema })).output(z.object({ agreement: z.number().min(0).max(1).nullable() })),
  /** The images that look most alike, by the features of the current run; nearest first. None before there is a run. */
  similar: procedure
    .input(z.object({ imageId: imageIdSchema, count: z.number().int().min(1).max(1000).default(12) }))
    .output(z.array(z.object({ imageId: imageIdSchema, similarity: z.number().max(1) }).readonly()).readonly()),
  /** What runs and people did with an image, latest first. */
  history: procedure.input(z.object({ imageId: imageIdSchema })).output(z.array(imageHistoryEntrySchema).readonly()),
  /** What the camera wrote into the file (EXIF); null where there is nothing. */
  photo: procedure.input(z.object({ imageId: imageIdSchema })).output(photoSchema.nullable()),
  problems: procedure.output(z.array(imageProblemSchema).readonly()),
  duplicates: procedure.output(z.array(duplicateGroupSchema).readonly()),
}
