import { z } from 'zod'
import { errorDataSchema, runIdSchema } from '../entities.ts'
import { procedure } from './procedure.ts'

const count = z.number().int().nonnegative()

const layoutStateSchema = z.discriminatedUnion('kind', [
  /** No run has embedded its images yet. */
  z.object({ kind: z.literal('noEmbedding') }).readonly(),
  /** Not computed yet, or stopped. */
  z.object({ kind: z.literal('absent') }).readonly(),
  z
    .object({ kind: z.literal('computing'), doneRatio: z.number().min(0).max(1), secondsLeft: z.number().nonnegative().nullable() })
    .readonly(),
  z.object({ kind: z.literal('failed'), error: errorDataSchema }).readonly(),
  /** `url`: where to GET `[imageCount, 2]` little-endian float32, a point an image in order of `imageIds`. */
  z.object({ kind: z.literal('ready'), url: z.string() }).readonly(),
])

/** The plane on which a run's images lie beside those like them. */
const layoutSchema = z
  .object({
    /** The run of the current clustering, else the newest that has embedded its images. */
    runId: runIdSchema.nullable(),
    imageCount: count,
    state: layoutStateSchema,
  })
  .readonly()
export type Layout = z.infer<typeof layoutSchema>

/** `bands`: 0 reliable, 1 doubtful, 2 rejected, 3 in no cluster. `sources`: 0 no label, 1 human, 2 imported, 3 mapping. */
export const mapColumnNames = ['imageIds', 'clusterIds', 'classIds', 'confidences', 'bands', 'sources'] as const
export type MapColumnName = (typeof mapColumnNames)[number]

export const layoutsContract = {
  get: procedure.output(layoutSchema),
  /** Begins to lay the images out, beside whatever else runs; nothing where that is done or under way. */
  compute: procedure.output(layoutSchema),
  /** Stops it; nothing is kept. */
  cancel: procedure.output(layoutSchema),
  /**
   * Where to GET what is known of the images on the plane, as little-endian bytes, one value an image in order of `imageIds`. Ids that
   * there are none of are -1, such confidences NaN. The content hash is part of each address, so the bytes may be cached for ever.
   *
   * @throws NOT_FOUND before any run has embedded its images.
   */
  columns: procedure.output(
    z.object({
      runId: runIdSchema,
      imageCount: count,
      columns: z.array(z.object({ name: z.enum(mapColumnNames), type: z.enum(['int32', 'float32', 'uint8']), url: z.string() })).readonly(),
    }),
  ),
}
